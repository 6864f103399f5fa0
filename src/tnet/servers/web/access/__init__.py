"""Who may ask for what: logins and tokens, rules, links that open one path, and what other origins may do."""
