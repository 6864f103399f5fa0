"""HTTP/1.1: requests for servers (on llhttp), responses for clients, and the rules that both sides share."""
