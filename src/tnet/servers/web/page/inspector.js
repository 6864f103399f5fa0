"use strict";
(() => {
  const MOST = 500;
  const $ = (id) => document.getElementById(id);
  const list = $("rows"), detail = $("detail"), split = $("split"), live = $("live"), pause = $("pause");
  const rows = new Map();        // number → {row, tr}
  const held = new Map();        // what came while paused
  let paused = false, selected = 0, asked = 0;

  document.documentElement.classList.add("scripted");
  const measure = () => document.documentElement.style.setProperty("--bar-height", document.querySelector(".bar").offsetHeight + "px");
  measure();
  addEventListener("resize", measure);

  // ── small things: everything a peer said goes in as text, never as HTML ──

  const make = (name, kind, text) => {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const visible = (text) => String(text).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu,
    (found) => found === "\r" ? "" : "\\u" + found.codePointAt(0).toString(16).padStart(4, "0"));
  const size = (count) => {
    if (!count) return "—";
    let value = count, unit = "B";
    for (const larger of ["KiB", "MiB", "GiB", "TiB"]) {
      if (value < 1023.95) break;
      value /= 1024; unit = larger;
    }
    return unit === "B" ? count + " B" : value.toFixed(1) + " " + unit;
  };
  const took = (ms) => ms < 10 ? ms.toFixed(1) + " ms" : ms < 1000 ? ms.toFixed(0) + " ms" : (ms / 1000).toFixed(2) + " s";
  const say = (text) => {
    let said = $("said");
    if (!said) { said = make("p"); said.id = "said"; said.setAttribute("role", "status"); document.body.append(said); }
    said.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { said.textContent = ""; }, 1800);
  };

  // ── the table ──

  const searched = ["method", "target", "host", "status", "phrase", "outcome", "peer", "user", "bin"];
  const wanted = (row) => {
    const show = $("show").value;
    if ((show === "open" || show === "cut") && row.state !== show) return false;
    if (show === "wrong" && !["refused", "failed", "cut"].includes(row.state)) return false;
    if (show === "bins" && !row.bin) return false;
    return $("q").value.toLowerCase().split(/\s+/).filter(Boolean).every((word) =>
      /^[1-5]xx$/.test(word) ? String(row.status)[0] === word[0]
        : searched.some((name) => String(row[name] ?? "").toLowerCase().includes(word)));
  };

  const cells = (row) => {
    const link = make("a", "", row.number);
    link.href = "exchanges/" + row.number;
    const number = make("td", "number"), target = make("td", "target"), path = make("bdi", "", visible(row.target));
    number.append(link);
    target.append(path);
    if (row.bin) target.append(make("span", "tag", "bin"));
    if (row.outcome) target.append(make("small", "outcome", visible(row.outcome)));
    return [number, make("td", "time", row.time.slice(11, 23)), make("td", "method", visible(row.method)), target,
      make("td", "status", row.status || "—"), make("td", "in", size(row.bytes_in)), make("td", "out", size(row.bytes_out)),
      make("td", "took", row.state === "open" ? "…" : took(row.ms)), make("td", "peer", visible(row.peer))];
  };

  const draw = (row) => {
    let known = rows.get(row.number);
    if (!known) {
      known = { tr: make("tr") };
      known.tr.dataset.number = row.number;
      rows.set(row.number, known);
      let next = list.firstElementChild;
      while (next && Number(next.dataset.number) > row.number) next = next.nextElementSibling;
      list.insertBefore(known.tr, next);
    }
    known.row = row;
    known.tr.className = row.state;
    known.tr.hidden = !wanted(row);
    known.tr.setAttribute("aria-selected", row.number === selected);
    known.tr.replaceChildren(...cells(row));
  };

  const shorten = () => {
    while (rows.size > MOST) {
      const oldest = list.lastElementChild;
      rows.delete(Number(oldest.dataset.number));
      oldest.remove();
    }
  };

  const take = (found) => {
    if (paused) {
      for (const row of found) { held.delete(row.number); held.set(row.number, row); }
      for (const number of held.keys()) { if (held.size <= MOST) break; held.delete(number); }
      tell();
      return;
    }
    for (const row of found) draw(row);
    shorten();
    if (found.some((row) => row.number === selected)) open(selected);
    count();
  };

  const count = () => {
    const some = list.querySelector("tr:not([hidden])");
    $("empty").textContent = some ? "" : rows.size ? "Nothing that was seen is like this." : "Nothing yet. Ask this server for something, and it appears here.";
    const query = new URLSearchParams();
    if ($("q").value) query.set("q", $("q").value);
    if ($("show").value) query.set("show", $("show").value);
    $("har").href = "har" + (query.size ? "?" + query : "");
  };

  const sift = () => {
    for (const { row, tr } of rows.values()) tr.hidden = !wanted(row);
    count();
  };

  // ── one exchange ──

  const phase = { head: "p-head", admitted: "p-admitted", body: "p-body", "first byte": "p-first", "last byte": "p-last", "cut off": "p-cut", "so far": "p-so", refused: "p-cut", end: "p-last" };

  const timing = (found) => {
    const bar = make("div", "timing"), legend = make("ul", "legend");
    const whole = Math.max(found.phases.at(-1).end, 0.001);
    for (const each of found.phases) {
      const part = make("span", phase[each.name]);
      part.style.flexGrow = String(Math.max((each.end - each.begin) / whole, 0.004) * 1000);
      part.title = each.name + " " + took(each.end - each.begin);
      bar.append(part);
      legend.append(make("li", phase[each.name], each.name + " " + took(each.end - each.begin)));
    }
    bar.setAttribute("aria-hidden", "true");
    return [bar, legend];
  };

  const facts = (found) => {
    const tls = found.tls || {};
    const pairs = [
      ["Time", found.time], ["From", found.peer], ["User", found.user], ["Bin", found.bin], ["HTTP", found.version],
      ["Connection", found.connection ? found.connection + ", request " + found.nth + " on it" : ""],
      ["TLS", [tls.version, tls.cipher, tls.group, tls.alpn].filter(Boolean).join(", ")], ["SNI", tls.sni],
      ["Client certificate", tls.subject]];
    const made = make("dl", "facts");
    for (const [name, value] of pairs) if (value) made.append(make("dt", "", name), make("dd", "", visible(value)));
    return made;
  };

  const bytesOf = (body) => "text" in body ? new TextEncoder().encode(body.text) : Uint8Array.from(atob(body.base64), (letter) => letter.charCodeAt(0));

  const hex = (bytes) => {
    const lines = [];
    for (let at = 0; at < bytes.length; at += 16) {
      const part = bytes.subarray(at, at + 16);
      const codes = Array.from(part, (byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47);
      const letters = Array.from(part, (byte) => byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".").join("");
      lines.push(at.toString(16).padStart(6, "0") + "  " + codes + "  " + letters);
    }
    return lines.join("\n");
  };

  // Only the white space between tokens changes: no number is rounded, nothing is dropped or sorted.
  const pretty = (text) => {
    try { JSON.parse(text); } catch { return null; }
    let made = "", depth = 0;
    const line = () => "\n" + "  ".repeat(depth);
    const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) || [];
    tokens.forEach((token, at) => {
      const closes = tokens[at + 1] === "}" || tokens[at + 1] === "]";
      if (token === "{" || token === "[") { made += token; if (!closes) { depth++; made += line(); } }
      else if (token === "}" || token === "]") {
        const empty = tokens[at - 1] === "{" || tokens[at - 1] === "[";
        if (!empty) { depth--; made += line(); }
        made += token;
      }
      else if (token === ",") made += "," + line();
      else made += token === ":" ? ": " : token;
    });
    return made;
  };

  const bodyOf = (found, side) => {
    const body = found[side].body;
    if (!body.kept) return body.bytes ? [make("p", "note", size(body.bytes) + ", not kept.")] : [];
    const views = make("div", "views"), shown = make("pre", "body");
    const partly = body.whole ? "" : ", the first " + size(body.kept) + " kept";
    views.append(make("span", "", (body.type ? visible(body.type) + ", " : "") + size(body.bytes) + partly));
    const ways = [];
    if ("text" in body) {
      const made = pretty(body.text);
      if (made !== null && /^\s*[[{]/.test(body.text)) ways.push(["Pretty", () => visible(made), ""]);
      ways.push(["Text", () => visible(body.text), ""]);
    }
    ways.push(["Hex", () => hex(bytesOf(body)), " hex"]);
    const buttons = ways.map(([name, give, kind]) => {
      const button = make("button", "", name);
      button.type = "button";
      button.onclick = () => {
        shown.textContent = give();
        shown.className = "body" + kind;
        for (const each of buttons) each.setAttribute("aria-pressed", each === button);
      };
      return button;
    });
    const download = make("a", "button", "Download");
    download.href = "exchanges/" + found.number + "/" + side + "-body";
    download.download = "";
    views.append(...buttons, download);
    buttons[0].click();
    return [views, shown];
  };

  const fieldsOf = (pairs) => {
    const table = make("table", "pairs"), inside = make("tbody");
    for (const [name, value] of pairs) {
      const tr = make("tr"), th = make("th", "", visible(name));
      th.scope = "row";
      tr.append(th, make("td", "", visible(value)));
      inside.append(tr);
    }
    table.append(inside);
    return table;
  };

  const copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(what + " copied");
  };

  const copies = (found) => {
    const made = make("div", "copies");
    const add = (words, text, what) => {
      const button = make("button", "", words);
      button.type = "button";
      button.onclick = () => copy(text, what);
      made.append(button);
    };
    if (found.curl) {
      add("Copy as curl", found.curl, "curl command");
      add("Copy as tnet fetch", found.fetch, "tnet command");
      add("Copy URL", found.url, "URL");
      const archive = make("a", "button", "HAR");
      archive.href = "har?number=" + found.number;
      archive.download = "";
      made.append(archive);
    }
    add("Copy head", found.request.head, "Head");
    return made;
  };

  const heading = (words, count) => {
    const made = make("h3", "", words);
    made.append(make("small", "", size(count)));
    return made;
  };

  const fill = (found) => {
    const top = make("div", "top"), close = make("button", "", "Close"), said = make("p", "said");
    close.type = "button";
    close.onclick = shut;
    top.append(make("h2", "", visible(found.url ? found.method + " " + found.url : "No request")), close);
    said.append(make("b", found.state, found.status ? found.status + " " + found.phrase : "No answer"));
    said.append(document.createTextNode((found.outcome ? " · " + visible(found.outcome) : "") + " · " + took(found.ms)));
    const request = found.request.fields.length ? fieldsOf(found.request.fields)
      : make("pre", "head", visible(found.request.head.replace(/\r\n/g, "\n").trim()) || "nothing that could be read");
    const response = found.response.fields.length ? [fieldsOf(found.response.fields)] : [];
    detail.replaceChildren(top, said, ...timing(found), copies(found), facts(found),
      heading("Request", found.bytes_in), request, ...bodyOf(found, "request"),
      heading("Response", found.bytes_out), ...response, ...bodyOf(found, "response"));
  };

  const open = async (number) => {
    selected = number;
    const turn = ++asked;
    for (const [each, { tr }] of rows) tr.setAttribute("aria-selected", each === number);
    const answer = await fetch("exchanges/" + number, { headers: { Accept: "application/json" } }).catch(() => null);
    if (turn !== asked) return;
    if (answer && answer.ok) fill(await answer.json());
    else detail.replaceChildren(make("p", "note", "This exchange is not remembered any more."));
    detail.hidden = false;
    split.classList.add("two");
    if (location.hash !== "#" + number) history.replaceState(null, "", "#" + number);
  };

  const shut = () => {
    selected = 0;
    asked++;
    detail.hidden = true;
    split.classList.remove("two");
    for (const { tr } of rows.values()) tr.setAttribute("aria-selected", "false");
    history.replaceState(null, "", location.pathname + location.search);
  };

  const step = (by) => {
    const shown = [...list.querySelectorAll("tr:not([hidden])")];
    const at = shown.findIndex((tr) => Number(tr.dataset.number) === selected);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next) { open(Number(next.dataset.number)); next.scrollIntoView({ block: "nearest" }); }
  };

  list.addEventListener("click", (event) => {
    const tr = event.target.closest("tr");
    if (!tr || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(Number(tr.dataset.number));
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select")) {
      if (event.key === "Escape") { $("q").value = ""; sift(); event.target.blur(); }
      return;
    }
    const act = { "/": () => $("q").focus(), Escape: shut, j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), p: () => pause.click() }[event.key];
    if (act && !(event.key.startsWith("Arrow") && detail.contains(event.target))) { event.preventDefault(); act(); }
  });

  // ── the tools ──

  $("filter").addEventListener("submit", (event) => event.preventDefault());
  $("q").addEventListener("input", sift);
  $("show").addEventListener("change", sift);
  $("clear").addEventListener("submit", (event) => {
    event.preventDefault();
    fetch("clear", { method: "POST", headers: { Accept: "application/json" } });
  });
  pause.hidden = false;
  pause.onclick = () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", paused);
    pause.textContent = paused ? "Resume" : "Pause";
    if (!paused) { const found = [...held.values()]; held.clear(); take(found); }
    tell();
  };

  // ── what happens ──

  let connected = false;
  const tell = () => {
    live.className = paused ? "held" : connected ? "on" : "off";
    live.textContent = paused ? "Paused" + (held.size ? ", " + held.size + " new" : "") : connected ? "Live" : "Reconnecting";
  };
  const source = new EventSource("events");
  source.onopen = () => { connected = true; tell(); };
  source.onerror = () => { connected = false; tell(); };
  source.addEventListener("all", (event) => {
    const found = JSON.parse(event.data);
    rows.clear();
    held.clear();
    list.replaceChildren();
    for (const row of found) draw(row);
    shorten();
    count();
    if (!selected && /^#\d+$/.test(location.hash)) open(Number(location.hash.slice(1)));
  });
  source.addEventListener("rows", (event) => take(JSON.parse(event.data)));
  source.addEventListener("cleared", () => { rows.clear(); held.clear(); list.replaceChildren(); shut(); count(); tell(); });
  count();
})();
