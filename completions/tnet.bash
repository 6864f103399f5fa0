# bash completion for tnet: made from its command tree, by `tnet completion bash`.

_tnet() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' word='' skip='' i
    COMPREPLY=()
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $skip ]]; then
            [[ $word == '=' ]] || skip=''
            continue
        fi
        case $word in
        --access-log|--access-log-format|--acl|--alpn|--attempts|--auth|--auth-timeout|--auth-type|--authorized-keys|--bin|--ca|--cache-control|--cert|--checksum|--client-ca|--color|--config|--connect-timeout|--connect-to|--cookie-jar|--data|--dialect|--dns-timeout|--drain-timeout|--events|--expect|--fault|--forward|--group|--handshake-timeout|--har|--header|--host|--host-key|--hsts|--idle-timeout|--index|--input-file|--key|--linger|--listen|--log-file|--max-body|--max-connections|--max-per-peer|--max-redirects|--max-size|--max-time|--message-size|--min-free|--netrc-file|--noproxy|--output|--output-dir|--output-file|--pager|--parallel|--password-file|--pin|--port|--pretty|--print|--proxy|--proxy-protocol|--quota|--rate|--record|--replay|--replay-mode|--report|--resolve|--retry|--retry-max-time|--script|--seed|--segments|--send|--send-proxy|--session|--session-read-only|--slo|--sni|--source|--starttls|--step-timeout|--tls-min|--tls-timeout|--ttfb-timeout|--unix-socket|--users|--write-out|-A|-H|-Z|-a|-o|-p|-w) skip=1; continue ;;
        -*) continue ;;
        esac
        case "$path $word" in
        " serve") path="$path $word" ;;
        " serve echo") path="$path $word" ;;
        " serve auth") path="$path $word" ;;
        " serve web") path="$path $word" ;;
        " serve ssh") path="$path $word" ;;
        " connect") path="$path $word" ;;
        " fetch") path="$path $word" ;;
        " users") path="$path $word" ;;
        " users add") path="$path $word" ;;
        " users passwd") path="$path $word" ;;
        " users disable") path="$path $word" ;;
        " users enable") path="$path $word" ;;
        " users remove") path="$path $word" ;;
        " users import") path="$path $word" ;;
        " users list") path="$path $word" ;;
        " completion") path="$path $word" ;;
        " man") path="$path $word" ;;
        " config") path="$path $word" ;;
        " config path") path="$path $word" ;;
        " config show") path="$path $word" ;;
        esac
    done
    case "$path $prev" in
    " serve echo -p"|" serve echo --port"|" serve echo -H"|" serve echo --host"|" serve echo --listen"|" serve echo --max-connections"|" serve echo --max-per-peer"|" serve echo --idle-timeout"|" serve echo --handshake-timeout"|" serve echo --drain-timeout"|" serve echo --fault"|" serve echo --seed") :; return ;;
    " serve echo --cert"|" serve echo --key"|" serve echo --client-ca"|" serve echo --events"|" serve echo --log-file"|" serve echo --config"|" serve echo --replay") _tnet_paths -f; return ;;
    " serve echo --output") _tnet_words 'live plain json'; return ;;
    " serve echo --color") _tnet_words 'auto always never'; return ;;
    " serve echo --replay-mode") _tnet_words 'strict line timed'; return ;;
    " serve auth -p"|" serve auth --port"|" serve auth -H"|" serve auth --host"|" serve auth --listen"|" serve auth --max-connections"|" serve auth --max-per-peer"|" serve auth --idle-timeout"|" serve auth --handshake-timeout"|" serve auth --drain-timeout"|" serve auth --users"|" serve auth --attempts"|" serve auth --auth-timeout"|" serve auth --forward") :; return ;;
    " serve auth --cert"|" serve auth --key"|" serve auth --client-ca"|" serve auth --events"|" serve auth --log-file"|" serve auth --config") _tnet_paths -f; return ;;
    " serve auth --output") _tnet_words 'live plain json'; return ;;
    " serve auth --color") _tnet_words 'auto always never'; return ;;
    " serve auth --dialect") _tnet_words 'line pop3 redis'; return ;;
    " serve auth --send-proxy") _tnet_words 'v1 v2'; return ;;
    " serve web --index"|" serve web --max-body"|" serve web --quota"|" serve web --min-free"|" serve web --users"|" serve web --acl"|" serve web --header"|" serve web --cache-control"|" serve web --rate"|" serve web --proxy"|" serve web --fault"|" serve web --seed"|" serve web --bin"|" serve web -p"|" serve web --port"|" serve web -H"|" serve web --host"|" serve web --listen"|" serve web --max-connections"|" serve web --max-per-peer"|" serve web --idle-timeout"|" serve web --handshake-timeout"|" serve web --drain-timeout") :; return ;;
    " serve web --access-log"|" serve web --cert"|" serve web --key"|" serve web --client-ca"|" serve web --events"|" serve web --log-file"|" serve web --config") _tnet_paths -f; return ;;
    " serve web --access-log-format") _tnet_words 'combined common json'; return ;;
    " serve web --output") _tnet_words 'live plain json'; return ;;
    " serve web --color") _tnet_words 'auto always never'; return ;;
    " serve ssh -p"|" serve ssh --port"|" serve ssh -H"|" serve ssh --host"|" serve ssh --listen"|" serve ssh --max-connections"|" serve ssh --max-per-peer"|" serve ssh --idle-timeout"|" serve ssh --handshake-timeout"|" serve ssh --drain-timeout"|" serve ssh --users"|" serve ssh --attempts"|" serve ssh --auth-timeout") :; return ;;
    " serve ssh --cert"|" serve ssh --key"|" serve ssh --client-ca"|" serve ssh --events"|" serve ssh --log-file"|" serve ssh --config"|" serve ssh --authorized-keys"|" serve ssh --host-key") _tnet_paths -f; return ;;
    " serve ssh --output") _tnet_words 'live plain json'; return ;;
    " serve ssh --color") _tnet_words 'auto always never'; return ;;
    " connect --message-size"|" connect --linger"|" connect --idle-timeout"|" connect --send"|" connect --expect"|" connect --step-timeout"|" connect --source"|" connect --proxy"|" connect --retry"|" connect --parallel"|" connect --connect-timeout"|" connect --sni"|" connect --pin"|" connect --alpn") :; return ;;
    " connect --record"|" connect --script"|" connect --replay"|" connect --ca"|" connect --cert"|" connect --key"|" connect --events"|" connect --log-file"|" connect --config") _tnet_paths -f; return ;;
    " connect --replay-mode") _tnet_words 'strict line timed'; return ;;
    " connect --starttls") _tnet_words 'smtp imap pop3 ftp xmpp postgres ldap'; return ;;
    " connect --proxy-protocol") _tnet_words 'v1 v2'; return ;;
    " connect --tls-min") _tnet_words '1.2 1.3'; return ;;
    " connect --output") _tnet_words 'live plain json'; return ;;
    " connect --color") _tnet_words 'auto always never'; return ;;
    " fetch --data"|" fetch --max-redirects"|" fetch -a"|" fetch --auth"|" fetch --session"|" fetch --session-read-only"|" fetch --segments"|" fetch --checksum"|" fetch --max-size"|" fetch --retry"|" fetch --retry-max-time"|" fetch -Z"|" fetch --parallel"|" fetch --print"|" fetch --pager"|" fetch -w"|" fetch --write-out"|" fetch --slo"|" fetch --proxy"|" fetch --noproxy"|" fetch --unix-socket"|" fetch --resolve"|" fetch --connect-to"|" fetch --source"|" fetch --dns-timeout"|" fetch --tls-timeout"|" fetch --ttfb-timeout"|" fetch --idle-timeout"|" fetch --max-time"|" fetch --connect-timeout"|" fetch --sni"|" fetch --pin") :; return ;;
    " fetch -A"|" fetch --auth-type") _tnet_words 'basic digest bearer'; return ;;
    " fetch --password-file"|" fetch --netrc-file"|" fetch --cookie-jar"|" fetch --hsts"|" fetch -o"|" fetch --output-file"|" fetch --input-file"|" fetch --har"|" fetch --ca"|" fetch --cert"|" fetch --key"|" fetch --events"|" fetch --log-file"|" fetch --config") _tnet_paths -f; return ;;
    " fetch --output-dir") _tnet_paths -d; return ;;
    " fetch --pretty") _tnet_words 'all colors format none'; return ;;
    " fetch --report") _tnet_words 'json'; return ;;
    " fetch --tls-min") _tnet_words '1.2 1.3'; return ;;
    " fetch --output") _tnet_words 'live plain json'; return ;;
    " fetch --color") _tnet_words 'auto always never'; return ;;
    " users add --password-file"|" users add --key"|" users add --group"|" users add --users") :; return ;;
    " users add --output") _tnet_words 'live plain json'; return ;;
    " users add --events"|" users add --log-file"|" users add --config") _tnet_paths -f; return ;;
    " users add --color") _tnet_words 'auto always never'; return ;;
    " users passwd --password-file"|" users passwd --users") :; return ;;
    " users passwd --output") _tnet_words 'live plain json'; return ;;
    " users passwd --events"|" users passwd --log-file"|" users passwd --config") _tnet_paths -f; return ;;
    " users passwd --color") _tnet_words 'auto always never'; return ;;
    " users disable --users") :; return ;;
    " users disable --output") _tnet_words 'live plain json'; return ;;
    " users disable --events"|" users disable --log-file"|" users disable --config") _tnet_paths -f; return ;;
    " users disable --color") _tnet_words 'auto always never'; return ;;
    " users enable --users") :; return ;;
    " users enable --output") _tnet_words 'live plain json'; return ;;
    " users enable --events"|" users enable --log-file"|" users enable --config") _tnet_paths -f; return ;;
    " users enable --color") _tnet_words 'auto always never'; return ;;
    " users remove --users") :; return ;;
    " users remove --output") _tnet_words 'live plain json'; return ;;
    " users remove --events"|" users remove --log-file"|" users remove --config") _tnet_paths -f; return ;;
    " users remove --color") _tnet_words 'auto always never'; return ;;
    " users import --users") :; return ;;
    " users import --output") _tnet_words 'live plain json'; return ;;
    " users import --events"|" users import --log-file"|" users import --config") _tnet_paths -f; return ;;
    " users import --color") _tnet_words 'auto always never'; return ;;
    " users list --users") :; return ;;
    " users list --output") _tnet_words 'live plain json'; return ;;
    " users list --events"|" users list --log-file"|" users list --config") _tnet_paths -f; return ;;
    " users list --color") _tnet_words 'auto always never'; return ;;
    esac
    case $path in
    '') if [[ $cur == -* ]]; then _tnet_words '--version -h --help'; else _tnet_words 'serve connect fetch users completion man config'; fi ;;
    ' serve') if [[ $cur == -* ]]; then _tnet_words '-h --help'; else _tnet_words 'echo auth web ssh'; fi ;;
    ' serve echo') if [[ $cur == -* ]]; then _tnet_words '-p --port -H --host --public --listen --tls --cert --key --client-ca --max-connections --max-per-peer --idle-timeout --handshake-timeout --drain-timeout --print-tac --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config --udp --fault --seed --replay --replay-mode -h --help'; else :; fi ;;
    ' serve auth') if [[ $cur == -* ]]; then _tnet_words '-p --port -H --host --public --listen --tls --cert --key --client-ca --max-connections --max-per-peer --idle-timeout --handshake-timeout --drain-timeout --print-tac --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config --users --attempts --auth-timeout --dialect --forward --send-proxy -h --help'; else :; fi ;;
    ' serve web') if [[ $cur == -* ]]; then _tnet_words '--hidden --follow-symlinks --index --spa --no-listing --no-archive --upload --modify --max-body --quota --min-free --users --acl --cors --header --cache-control --no-compress --rate --proxy --live-reload --fault --seed --inspect --bin --access-log --access-log-format --qr --open -p --port -H --host --public --listen --tls --cert --key --client-ca --max-connections --max-per-peer --idle-timeout --handshake-timeout --drain-timeout --print-tac --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else _tnet_paths -d; fi ;;
    ' serve ssh') if [[ $cur == -* ]]; then _tnet_words '-p --port -H --host --public --listen --tls --cert --key --client-ca --max-connections --max-per-peer --idle-timeout --handshake-timeout --drain-timeout --print-tac --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config --users --authorized-keys --host-key --attempts --auth-timeout -h --help'; else :; fi ;;
    ' connect') if [[ $cur == -* ]]; then _tnet_words '--crlf --hex --raw --text --message-size --no-shutdown --linger --idle-timeout --record --send --expect --script --step-timeout --replay --replay-mode --tls --starttls --tofu --source --proxy --proxy-protocol --retry --timings --probe --parallel --json -4 -6 --connect-timeout --ca --cert --key --sni --pin --tls-min --insecure --alpn --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' fetch') if [[ $cur == -* ]]; then _tnet_words '--data --json --form --no-form --multipart --no-multipart --chunked --no-chunked -x --compress --compressed --no-compressed --follow --no-follow --max-redirects --allow-downgrade --offline --curl -a --auth -A --auth-type --password-file --netrc --no-netrc --netrc-file --cookie-jar --session --session-read-only --hsts -o --output-file -O --remote-name --output-dir --resume --no-resume --segments --checksum --max-size --no-part --retry --retry-max-time -Z --parallel --input-file --race -i --include -I --head --print --pretty --raw --stream --pager --fail --no-fail --check-status --no-check-status --show-secrets --timings -w --write-out --har --report --slo --proxy --noproxy --unix-socket --http1.1 --http2 --resolve --connect-to --source --dns-timeout --tls-timeout --ttfb-timeout --idle-timeout --max-time -4 -6 --connect-timeout --ca --cert --key --sni --pin --tls-min --insecure --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' users') if [[ $cur == -* ]]; then _tnet_words '-h --help'; else _tnet_words 'add passwd disable enable remove import list'; fi ;;
    ' users add') if [[ $cur == -* ]]; then _tnet_words '--password-file --generate --no-password --key --group --users --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' users passwd') if [[ $cur == -* ]]; then _tnet_words '--password-file --generate --users --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' users disable') if [[ $cur == -* ]]; then _tnet_words '--users --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' users enable') if [[ $cur == -* ]]; then _tnet_words '--users --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' users remove') if [[ $cur == -* ]]; then _tnet_words '--users --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' users import') if [[ $cur == -* ]]; then _tnet_words '--users --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' users list') if [[ $cur == -* ]]; then _tnet_words '--users --output --events -v --verbose -q --quiet --color --ascii --privacy --log-file --config -h --help'; else :; fi ;;
    ' completion') if [[ $cur == -* ]]; then _tnet_words '--install -h --help'; else _tnet_words 'bash zsh fish powershell'; fi ;;
    ' man') if [[ $cur == -* ]]; then _tnet_words '-h --help'; else :; fi ;;
    ' config') if [[ $cur == -* ]]; then _tnet_words '-h --help'; else _tnet_words 'path show'; fi ;;
    ' config path') if [[ $cur == -* ]]; then _tnet_words '-h --help'; else :; fi ;;
    ' config show') if [[ $cur == -* ]]; then _tnet_words '-h --help'; else :; fi ;;
    esac
}

_tnet_words() {
    local IFS=$'\n'
    # shellcheck disable=SC2207
    COMPREPLY=($(IFS=' ' compgen -W "$1" -- "$cur"))
}

_tnet_paths() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen "$1" -- "$cur"))
}

complete -F _tnet tnet
