from twisted.application.service import ServiceMaker

tnet = ServiceMaker("tnet", "tnet.cli.twistd", "Serve echo, auth, web or ssh, as `tnet serve` does", "tnet")
