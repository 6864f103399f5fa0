"""`tnet serve web`: `options` declares, `command` puts the plan together."""
