"""What man pages say that no option's help says."""

from __future__ import annotations

DATE = "November 22, 2026"

ENVIRONMENT = [
    (
        "TNET_COMMAND_OPTION",
        "The default of an option: TNET_SERVE_ECHO_PORT for the --port of tnet serve echo. Several values of one are "
        "separated by spaces or, where a value may hold some, by line breaks.",
    ),
    ("NO_COLOR", "No colours, when set and not empty."),
    ("FORCE_COLOR", "Colours even where no terminal is."),
    ("XDG_CONFIG_HOME", "Where the configuration is: ~/.config by default."),
    ("XDG_DATA_HOME", "Where accounts and the local CA are: ~/.local/share by default."),
    ("XDG_STATE_HOME", "Where the SSH host key is: ~/.local/state by default."),
]

FILES = [
    ("$XDG_CONFIG_HOME/tnet/config.toml", "Defaults for options."),
    ("$XDG_DATA_HOME/tnet/users.db", "Accounts."),
    ("$XDG_DATA_HOME/tnet/ca", "The local CA, whose certificates servers show and clients trust."),
    ("$XDG_DATA_HOME/tnet/web/signing.key", "What signs the links and tokens of tnet serve web."),
    ("$XDG_STATE_HOME/tnet/ssh", "The SSH host key."),
]

EXIT_STATUS = [
    ("0", "Done."),
    ("1", "Failed."),
    ("2", "The command line cannot be meant."),
    ("3, 4, 5", "An HTTP status of 300, 400, 500 or more, with --check-status."),
    ("6, 7", "The name could not be resolved; no address accepted the connection."),
    ("8, 18, 52", "The reply was malformed, cut short, empty."),
    ("22", "An HTTP status of 400 or more, with --fail."),
    ("23, 26", "A file could not be written, read."),
    ("28", "Timed out; the message names the phase."),
    ("33", "A part of a body was refused."),
    ("35, 60, 90, 98", "TLS: the handshake, the peer's certificate, its pin, a certificate of ours is wanted."),
    ("47, 63, 65", "A redirect was refused, the body is too large, the body cannot be sent again."),
    ("55, 56", "The connection broke while sending, while receiving."),
    ("58, 77", "Our certificate, the CA file cannot be used."),
    ("61", "A content encoding cannot be undone."),
    ("67", "None of the ways to log in that the peer offers is possible."),
    ("69", "An address cannot be listened on."),
    ("97", "A proxy did not open the way."),
    ("110, 111", "Slower than --slo allows; something else came than was expected."),
    ("112, 113", "Another checksum; a part of several things failed."),
    ("130, 141, 143", "Interrupted, output closed, terminated."),
]

SEE_ALSO = [("tnet-events", 5)]

MORE = {
    "tnet": """\
stdout carries data: bytes received, bodies fetched. stderr carries the story: what happened on each connection and
where the time went, as a live display, as plain lines or as JSON Lines.

Defaults for options come from TNET_ variables and from a configuration file; what the command line says wins over a
variable, a variable over the file. Secrets are taken from neither.
""",
    "tnet-serve": """\
The first INT or TERM ends the listening, tells every connection goodbye and waits for them, at most for the drain
timeout; a second one closes what is left at once. HUP reads users, keys and certificates anew; if the new ones are
bad, the old ones stay in use. USR1 opens the log file anew.
""",
    "tnet-serve-auth": """\
Guessing takes longer and longer: after a few failed logins from one address (an IPv6 /64 is one, all UNIX sockets of
this machine together are), or for one user, each further attempt waits 2, 4, 8, then 15 seconds before its password
is looked at, right or wrong. Failures are forgotten, one a minute; a right password forgives what its address did
wrong for its user. Nobody is locked out. The same wrong password again counts once. At most 8 attempts of one address
wait at a time; further ones are told that the login is unavailable.

For fail2ban there is a filter in share/tnet/fail2ban/tnet.conf. It reads the lines of --log-file, one for each failure
at its moment, as in "2026-11-22T22:33:12.776012Z #7 x login denied from 192.0.2.1 by password as eve": what the peer
chose is last, and escaped. Not with -q, which logs no login, nor with --privacy, which cuts addresses down. With
--output json and in --events the same is an auth.attempt whose result is denied.
""",
    "tnet-serve-web": """\
Where rules (--acl) speak of a path or of a directory above it, only what the nearest granting ones allow holds there,
and a denial from any level wins; elsewhere everything holds that the options allow, with --users for whoever is logged
in. No rule grants what --upload, --modify or --no-listing rule out. Rules hold for the path that was asked for and for
where links lead; on a file system that ignores case, they know one spelling only.

A login is Basic, or a token: POST /_tnet/token with a login gives one, for as many seconds as its field expires says.
Whoever is logged in can share a file or a directory by a link: POST to its path with action=share and expires, which is
a day by default and thirty at most. Links and tokens end when signing.key is removed, a token with its account's
password, too. A changed password or a disabled account counts after 30 seconds at the latest, and at once after HUP.

With --upload a file is made by PUT, by a form, or in parts: as the IETF's draft of resumable uploads has it, or by
PATCH. It appears under its name when it is complete, and never instead of another file; with --modify it may, by PUT,
and If-Match says instead of which. An upload that is interrupted is kept for a day if it came by PATCH, or as the draft
has it: HEAD of its path with ?upload tells the Upload-Offset to go on from. --quota counts what this run has added, and
what is unfinished; deleting gives nothing back. --max-body bounds the whole of an upload in parts. No new name is that
of a device of Windows, ends in a dot or a space, or holds a backslash or a control character.

--modify also answers DELETE (of a directory that is not empty with ?recursive=1), MKCOL, MOVE and COPY, by If-Match if
that is sent, and makes the directories that a PUT leads through. Links are never followed out of DIR to write.

A directory is had as a whole with ?archive=zip, tar, tar.gz or tar.zst; as JSON or text with ?format=json or text.

a.css.br, a.css.zst and a.css.gz are sent instead of a.css to those who accept them, if they are no older; also with
--no-compress, as they were put there. A 404.html in DIR is what people see where nothing is, unless --spa is given.

With --inspect, /_tnet/ shows exchanges to this machine, or to whoever is logged in, with secrets masked; where a rule
names a user or a group, only to those whom a rule for /_tnet lets in. Below it are paths for tests of clients, such as
/_tnet/status/404, /_tnet/delay/2 and /_tnet/echo. A bin shows what is sent to it.

A server on loopback without accounts refuses requests that change something, or ask for a WebSocket or /_tnet, under a
name that is not this machine's, as a page of somebody else could send them. A connection that keeps the server waiting
makes room for another one where a limit is reached.

What a proxy's client says in X-Forwarded-For and its like, of where it comes from and who it is, is replaced. The
access log is written within half a second; a status of 000 is a request that got no response. A full disk does not stop
the server.
""",
    "tnet-serve-ssh": """\
Guessing passwords takes longer and longer, and fail2ban can read the failures, as under tnet-serve-auth(1).
""",
    "tnet-serve-echo": """\
Faults are applied to each connection, inside TLS: latency and bandwidth to what is echoed, slices to how it is cut;
limit ends a connection after so many bytes, by a close, a reset, or a silence; refuse turns a share of the connections
away. The seed that was chosen is shown, so that --seed can repeat a run.
""",
    "tnet-connect": """\
The end of stdin ends our half of the connection, once everything is sent; what the peer still sends is read until it
ends its half, or is silent for the linger timeout. When the peer ends first, what it sent is written and the command
ends, even if stdin is still open.

Under TLS many peers close as soon as they are told of our end, and drop an answer that they still had. They are told
once they have answered and then said nothing for a fifth of the linger timeout; before TLS 1.3, which made it possible
to end one direction alone, not before the linger timeout.

With --probe the exit status is 0 when every port is open, and 7 otherwise. A port that has not answered after 2 s, or
the --connect-timeout if one is given, counts as filtered.

With --tofu a server is known by the key it showed first, whatever its certificate says otherwise; the keys are in
$XDG_DATA_HOME/tnet/known_hosts, a line each, which can be removed to forget one.

A script is a line a step: send TEXT, expect REGEX, expect-eof, expect-silence 2s, pause 1s, timeout 5s, shutdown; or
TOML with a [[step]] table each. An expression sees the last 16 KiB of what came and is not yet consumed, and may take
1 s. Recordings are JSON Lines; passwords of POP3, IMAP, SMTP, FTP, HTTP and Redis are masked in them, and what answers
a prompt for a password after it came.
""",
    "tnet-fetch": """\
Several URLs may follow one another: those after the first begin with http://, https:// or ://, or are :PORT, :/PATH,
localhost or an IPv4 address. stdin is read only when it is asked for, with --data -.

A redirect to another origin loses every header but a few harmless ones, and the login; what was lost does not come
back. A redirect from https to http is refused. Cookies follow the rules of browsers, public suffixes included, and are
forgotten with the command unless --cookie-jar or --session keeps them.

A file appears under its name only when it is complete and has its checksum. With -o it replaces what was there; with
-O it never does. What is incomplete waits beside it for --resume, which goes on only if the server proves that it is
still the same, and otherwise begins anew. --retry goes on likewise.

-o on a symbolic link replaces the link, not the file that it leads to.

Compressed bodies are asked for, and undone, only with --compressed. One that grows beyond 200 times its size is
refused, unless --max-size allows as much.

Secrets, which are passwords, tokens, cookies and signatures in header fields and in the queries of URLs, are shown as
*** in -v, --har, --report, --curl, --offline and in the request that --print shows, unless --show-secrets says
otherwise. What a server sent is shown by -i and --print h as it came; so are the bodies of requests, but for forms and
JSON in --har, and the URLs that --write-out is asked for.
""",
}

EVENTS = """\
With --output json, tnet tells its story on stderr as JSON Lines: one object a line, UTF-8, each line written at once.
With --events FILE the same lines are appended to a file.

Every object has these keys: schema (tnet.event/1), seq (counting from 1), t (seconds since the start, monotonic),
ts (the time of day, RFC 3339 in UTC), event (its name) and conn (the number of the connection, or null). The others
depend on the event; those whose value is unknown are left out. Attribute names follow OpenTelemetry where it has one.

What peers sent stands there escaped; no secret stands there at all. Keys are only ever added. A JSON Schema ships with
tnet, in tnet/events/schema.json.
"""
