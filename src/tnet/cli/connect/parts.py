"""A target and options to a ConnectPlan or a ProbePlan."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from tnet.cli.connect.options import order
from tnet.cli.dialing import tls_dialing
from tnet.errors import BadUsage
from tnet.plans import Target, TcpAddress, UnixAddress
from tnet.plans.addresses import UdpAddress, WebSocketAddress, parse_host, parse_port, parse_target
from tnet.plans.connect import ConnectPlan, ProbePlan, Step, Talk
from tnet.plans.tls import TlsDialing

Options = dict[str, Any]

_PROBE_SECONDS = 2.0
_ONLY_PROBES = ("parallel", "json")
_NEVER_PROBES = (
    *("crlf", "hex", "raw", "text", "message_size", "no_shutdown", "linger", "idle_timeout", "record"),
    *("send", "expect", "script", "step_timeout", "replay", "replay_mode"),
    *("tls", "starttls", "tofu", "ca", "cert", "key", "sni", "pin", "tls_min", "insecure", "alpn"),
    *("proxy", "proxy_protocol", "retry"),
)


def plan(words: tuple[str, ...], options: Options) -> ConnectPlan:
    """The plan for a connection.

    Raises: BadUsage, CannotRead; click.UsageError for TLS options that need TLS.
    """
    _refuse_given(_ONLY_PROBES, "it is for --probe")
    target = _target(words)
    _refuse_unfit(target, options)
    return ConnectPlan(
        target=target,
        tls=_tls(target, options),
        starttls=options["starttls"],
        proxies=_proxies(options),
        proxy_protocol=options["proxy_protocol"],
        family=options["family"],
        source=options["source"],
        connect_seconds=options["connect_timeout"],
        retries=options["retry"],
        idle_seconds=options["idle_timeout"],
        linger_seconds=options["linger"],
        shutdown=not options["no_shutdown"],
        crlf=options["crlf"],
        raw=options["raw"],
        text=options["text"],
        message_bytes=options["message_size"],
        talk=_talk(options),
    )


def probe(words: tuple[str, ...], options: Options) -> ProbePlan:
    """The plan for a look at ports.

    Raises: BadUsage.
    """
    from tnet.plans.ports import parse_ports

    _refuse_given(_NEVER_PROBES, "it does not go with --probe, which only sees whether ports are open")
    if len(words) != 1:
        raise BadUsage("TARGET", "one HOST:PORTS, such as localhost:22,80,8000-8010")
    host, ports = parse_ports(words[0])
    return ProbePlan(
        host=host,
        ports=ports,
        family=options["family"],
        source=options["source"],
        seconds=options["connect_timeout"] if _is_given("connect_timeout") else _PROBE_SECONDS,
        parallel=options["parallel"],
        as_json=options["json"],
    )


def _target(words: tuple[str, ...]) -> Target:
    match words:
        case (text,):
            return parse_target(text)
        case (host, port):
            return TcpAddress(parse_host(host, field="TARGET"), parse_port(port, field="TARGET"))
        case _:
            raise BadUsage("TARGET", "one HOST:PORT, or HOST and PORT, not more")


def _tls(target: Target, options: Options) -> TlsDialing | None:
    from dataclasses import replace

    wanted = options["tls"] or target.tls or options["starttls"] is not None
    if options["tofu"] and not wanted:
        raise BadUsage("--tofu", "it is for TLS: add --tls")
    tls = tls_dialing(options, wanted=wanted)
    if tls is None or not options["tofu"]:
        return tls
    from tnet.places import data_folder

    return replace(tls, known_hosts=str(data_folder() / "known_hosts"))


def _proxies(options: Options) -> tuple[Any, ...]:
    from tnet.plans.proxies import parse_proxy

    return tuple(map(parse_proxy, options["proxy"]))


def _refuse_given(names: tuple[str, ...], reason: str) -> None:
    """Refuse options that stand on the command line; in a configuration they are for other uses of the command."""
    for name in names:
        if click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise BadUsage(f"--{name.replace('_', '-')}", reason)


def _is_given(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _refuse_unfit(target: Target, options: Options) -> None:
    """Refuse what the kind of target cannot have, rather than ignore it."""
    for name in _unfit(target):
        if options[name]:
            raise BadUsage(f"--{name.replace('_', '-')}", f"it does not go with {target}")
    if isinstance(target, UdpAddress | UnixAddress) and options["proxy"]:
        raise BadUsage("--proxy", f"no proxy leads to {target}")
    if options["starttls"] and (target.tls or options["tls"]):
        raise BadUsage("--starttls", f"{target if target.tls else '--tls'} has TLS from the start")
    if options["record"] == "-":
        raise BadUsage("--record", "a file: standard output is for the conversation")


def _unfit(target: Target) -> tuple[str, ...]:
    match target:
        case UdpAddress():
            return ("tls", "starttls", "proxy_protocol", "send", "expect", "script", "replay", "record")
        case WebSocketAddress():
            return ("tls", "starttls", "proxy_protocol")
        case UnixAddress():
            return ("source",)
        case _:
            return ()


def _talk(options: Options) -> Talk:
    if options["replay"] and (options["send"] or options["expect"] or options["script"]):
        raise BadUsage("--replay", "the recording is the script: it does not go with --send, --expect or --script")
    if options["script"] and (options["send"] or options["expect"]):
        raise BadUsage("--script", "it does not go with --send and --expect")
    return Talk(
        steps=_steps(options),
        step_seconds=options["step_timeout"],
        record=options["record"],
        replay=options["replay"],
        replay_mode=options["replay_mode"],
        hex=options["hex"],
    )


def _steps(options: Options) -> tuple[Step, ...]:
    from tnet.plans.script import read_script, steps_of

    if options["script"]:
        return read_script(options["script"])
    waiting = {"send": list(options["send"]), "expect": list(options["expect"])}
    return steps_of([(name, waiting[name].pop(0)) for name in order() if waiting.get(name)])
