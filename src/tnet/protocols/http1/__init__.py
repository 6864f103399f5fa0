"""HTTP/1.1 on llhttp: requests for servers, responses for clients, and the rules that both sides share."""
