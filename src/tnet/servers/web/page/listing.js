"use strict";
// Makes the listing quicker: orders and filters in place, turns pages without a flash, selects, changes and uploads.
// Without it the same links and forms do the same.
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const listing = find("#listing"), filter = find("#q");
  const say = text => { find("#said").textContent = text; };
  const plural = (count, noun) => `${count.toLocaleString()} ${noun}${count === 1 ? "" : "s"}`;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const size = bytes => {
    let unit = 0;
    for (; bytes >= 1023.95 && unit < 4; unit++) bytes /= 1024;
    return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
  };

  // ── times in the visitor's zone ──

  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
  const two = number => String(number).padStart(2, "0");
  const localise = () => {
    for (const time of all("time", listing)) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `
        + `${two(at.getHours())}:${two(at.getMinutes())}`;
      time.title = exact.format(at);
    }
    for (const unit of all(".unit", listing)) unit.remove();
  };

  // ── order and filter ──

  const rows = () => all("tbody tr:not(.up)", listing);
  const shownRows = () => all("tbody tr:not([hidden])", listing);
  const isWhole = () => find("#files").hasAttribute("data-whole");
  const textOf = row => find(".n a", row).textContent;
  const hrefOf = row => find(".n a", row).getAttribute("href");
  const rawName = row => hrefOf(row).slice(2).replace(/\/$/, "");

  const address = changes => {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) value ? query.set(name, value) : query.delete(name);
    const text = query.toString();
    return text ? `?${text}` : location.pathname;
  };

  let asked = null;
  const load = async (url, { push = false, focus = false } = {}) => {
    asked?.abort();
    asked = new AbortController();
    listing.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(url, { headers: { Accept: "text/html" }, signal: asked.signal });
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      listing.replaceChildren(...find("#listing", page).childNodes);
      if (push) history.pushState(null, "", url);
      ready();
      if (focus) { listing.focus(); scrollTo(0, 0); }
      say(find("#count")?.textContent ?? "");
    } catch (fault) {
      if (fault.name !== "AbortError") say(`This could not be loaded: ${fault.message}`);
    } finally {
      listing.removeAttribute("aria-busy");
    }
  };
  const refresh = () => load(address({}));

  const keys = { name: "n", size: "s", time: "t" };
  const orderBy = link => {
    const head = link.closest("th"), sort = link.dataset.sort, now = head.getAttribute("aria-sort");
    const descending = now ? now === "ascending" : sort !== "name";
    const order = descending ? "desc" : "asc";
    if (!isWhole()) return load(address({ sort, order, page: "" }), { push: true });
    const sign = descending ? -1 : 1, key = keys[sort], places = new Map();
    for (const row of rows()) places.set(row, [row.classList.contains("d") ? 0 : 1, sign * row.dataset[key], +row.dataset.n]);
    const inOrder = [...places.keys()].sort((a, b) => {
      const [x, y] = [places.get(a), places.get(b)];
      return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
    });
    find("tbody", listing).append(...inOrder);
    for (const other of all("thead [aria-sort]", listing)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", `${order}ending`);
    history.replaceState(null, "", address({ sort, order }));
    for (const [name, value] of Object.entries({ sort, order })) {
      const kept = find(`#filter input[name=${name}]`);
      if (kept) kept.value = value;
    }
    say(`Ordered by ${head.textContent.trim()}, ${order}ending`);
  };

  const narrow = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean), here = rows();
    let count = 0;
    for (const row of here) {
      const text = textOf(row).toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      count += !row.hidden;
    }
    const footer = find("#count");
    if (footer) {
      footer.dataset.all ??= footer.textContent;
      footer.textContent = words.length ? `${count} of ${here.length} shown` : footer.dataset.all;
    }
    if (words.length) say(`${count} of ${here.length} shown`);
    history.replaceState(null, "", address({ q: filter.value.trim() }));
  };

  let waiting = 0;
  const narrowed = () => {
    if (isWhole() && rows().length) return narrow();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const url = address({ q: filter.value.trim(), page: "" });
      history.replaceState(null, "", url);
      load(url);
    }, 180);
  };

  listing.addEventListener("click", event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("thead a, .pager a");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.sort) orderBy(link);
    else load(link.getAttribute("href"), { push: true, focus: true });
  });
  addEventListener("popstate", () => load(location.href));
  filter?.addEventListener("input", narrowed);
  find("#filter")?.addEventListener("submit", event => {
    event.preventDefault();
    const links = shownRows().filter(row => !row.classList.contains("up")).map(row => find(".n a", row));
    if (links.length === 1) links[0].click();
    else links[0]?.focus();
  });

  // ── keyboard ──

  const columns = () => {
    const here = shownRows();
    if (!find("table.grid", listing) || here.length < 2) return 1;
    const first = here[0].offsetTop, wrapped = here.findIndex(row => row.offsetTop !== first);
    return wrapped < 0 ? here.length : wrapped;
  };
  const steps = { ArrowDown: () => columns(), ArrowUp: () => -columns(), j: () => columns(), k: () => -columns() };
  const sideways = { ArrowRight: 1, ArrowLeft: -1 };
  const walk = event => {
    const here = shownRows(), at = here.indexOf(document.activeElement.closest("#listing tbody tr"));
    let to = null;
    if (event.key in steps) to = at < 0 ? (event.key === "ArrowUp" || event.key === "k" ? here.length - 1 : 0) : at + steps[event.key]();
    else if (event.key in sideways && at >= 0 && find("table.grid", listing)) to = at + sideways[event.key];
    else if (event.key === "Home" && at >= 0) to = 0;
    else if (event.key === "End" && at >= 0) to = here.length - 1;
    if (to === null) return false;
    const row = here[Math.max(0, Math.min(to, here.length - 1))];
    find(".n a", row)?.focus();
    row?.scrollIntoView({ block: "nearest" });
    return Boolean(row);
  };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape") {
      for (const menu of all(".menu[open]")) { menu.open = false; find("summary", menu).focus(); }
      return;
    }
    if (typing && !(event.target === filter && event.key === "ArrowDown")) return;
    const row = event.target.closest?.("#listing tbody tr"), tick = row && find(".c input", row);
    if (event.key === "/" && filter) { filter.focus(); filter.select(); }
    else if ((event.key === "x" || (event.key === " " && event.target.matches("a"))) && tick) tick.click();
    else if (event.key === "F2" && tick && modify()) rename(row);
    else if (event.key === "Delete" && tick && modify()) remove(ticked().length ? ticked() : [row]);
    else if (!walk(event)) return;
    event.preventDefault();
  });
  document.addEventListener("click", event => {
    for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // ── what is ticked ──

  const boxes = () => all("tbody .c input", listing);
  const ticked = () => rows().filter(row => find(".c input", row)?.checked);
  const modify = () => Boolean(find("#files [value=delete]"));
  let last = null;
  const count = () => {
    const actions = find(".actions", listing), chosen = ticked();
    if (!actions) return;
    actions.classList.toggle("on", chosen.length > 0);
    find("#ticked").textContent = chosen.length ? `${chosen.length.toLocaleString()} selected` : "";
    const one = find("[value=rename]", actions);
    if (one) one.hidden = chosen.length !== 1;
    const every = find("#every");
    if (every) {
      const visible = rows().filter(row => !row.hidden).length;
      every.checked = visible > 0 && chosen.length >= visible;
      every.indeterminate = chosen.length > 0 && !every.checked;
    }
  };
  const tickAll = checked => {
    for (const row of rows()) if (!row.hidden || !checked) find(".c input", row).checked = checked;
    count();
  };
  listing.addEventListener("click", event => {
    if (event.target.closest("#untick")) tickAll(false);
    if (!event.target.matches("tbody .c input")) return;
    const now = boxes(), at = now.indexOf(event.target), from = now.indexOf(last);
    if (event.shiftKey && from >= 0) {
      for (const box of now.slice(Math.min(at, from), Math.max(at, from) + 1)) box.checked = event.target.checked;
    }
    last = event.target;
    count();
  });
  listing.addEventListener("change", event => {
    if (event.target.id === "every") tickAll(event.target.checked);
  });

  // ── changes ──

  const faultOf = async response => {
    const said = await response.json().catch(() => ({}));
    return said.reason || said.error || `${response.status} ${response.statusText}`;
  };
  const post = async (fields, path = location.pathname) => {
    const response = await fetch(path, {
      method: "POST",
      body: fields,
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
    });
    if (!response.ok) throw new Error(await faultOf(response));
    return response;
  };
  const ask = (title, content, verb, kind, act) => {
    const fault = make("p", { className: "fault" });
    fault.setAttribute("role", "alert");
    const cancel = make("button", { type: "button", textContent: "Cancel" });
    const form = make("form", { method: "dialog" }, make("h2", { textContent: title, id: "asked" }), ...content, fault,
      make("menu", {}, cancel, make("button", { className: kind, textContent: verb })));
    const dialog = make("dialog", {}, form);
    dialog.setAttribute("aria-labelledby", "asked");
    form.addEventListener("submit", async event => {
      event.preventDefault();
      try {
        await act();
        dialog.close();
        await refresh();
      } catch (error) {
        fault.textContent = error.message;
      }
    });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  };
  const isolated = text => make("bdi", { textContent: text });
  const remove = chosen => {
    const names = chosen.map(textOf), listed = names.slice(0, 8).map(name => make("li", {}, isolated(name)));
    if (names.length > 8) listed.push(make("li", { textContent: `and ${plural(names.length - 8, "other")}` }));
    const body = `action=delete&${chosen.map(row => `name=${rawName(row)}`).join("&")}`;
    const title = names.length === 1 ? "Delete this for good?" : `Delete these ${names.length} for good?`;
    const note = make("p", { textContent: "Folders are deleted with everything in them." });
    const content = [make("ul", {}, ...listed)];
    if (chosen.some(row => row.classList.contains("d"))) content.push(note);
    const dialog = ask(title, content, "Delete", "danger", () => post(body).then(() => say(`Deleted ${plural(names.length, "item")}`)));
    find("menu button", dialog).focus();
  };
  const rename = row => {
    const old = textOf(row).replace(/\/$/, "");
    const field = make("input", { value: old, required: true, autocomplete: "off", spellcheck: false });
    field.setAttribute("aria-label", "New name");
    ask("Rename", [field], "Rename", "primary", async () => {
      if (field.value !== old) await post(`action=rename&name=${rawName(row)}&to=${encodeURIComponent(field.value)}`);
    });
    const dot = old.lastIndexOf(".");
    field.setSelectionRange(0, dot > 0 && !row.classList.contains("d") ? dot : old.length);
  };
  listing.addEventListener("submit", event => {
    const action = event.submitter?.value, chosen = ticked();
    if (event.target.id !== "files") return;
    if (action === "archive" && chosen.every(row => find(".c input", row).name)) return;
    event.preventDefault();
    if (!chosen.length) return;
    if (action === "delete") remove(chosen);
    else if (action === "rename") rename(chosen[0]);
    else if (action === "archive") location.assign(`?archive=zip&${chosen.map(row => `name=${rawName(row)}`).join("&")}`);
  });

  const inMenu = (form, act) => form?.addEventListener("submit", async event => {
    event.preventDefault();
    const fault = find(".fault", form) ?? form.appendChild(make("output", { className: "fault" }));
    fault.textContent = "";
    try {
      await act(form, new URLSearchParams(new FormData(form)).toString());
    } catch (error) {
      fault.textContent = error.message;
    }
  });
  const makeMenu = find("#make");
  makeMenu?.addEventListener("toggle", () => { if (makeMenu.open) find("input[name=name]", makeMenu).focus(); });
  inMenu(find("#make form"), async (form, fields) => {
    await post(fields);
    const name = find("input[name=name]", form).value;
    form.reset();
    makeMenu.open = false;
    await refresh();
    const row = rows().find(other => textOf(other) === `${name}/`);
    if (row) find(".n a", row).focus();
    say(`Made ${name}`);
  });
  inMenu(find("#share"), async (form, fields) => {
    const made = await (await post(fields)).json();
    const link = new URL(made.path, location.href).href;
    const field = make("input", { value: link, readOnly: true });
    field.setAttribute("aria-label", "The link");
    find("output", form).replaceChildren(field);
    field.select();
    await navigator.clipboard?.writeText(link).then(() => say("The link is copied"), () => {});
  });

  // ── uploads ──

  const upload = find("#upload"), queue = find("#queue"), uploads = [];
  const AT_ONCE = 3, ATTEMPTS = 5;
  const inState = (...states) => uploads.filter(item => states.includes(item.state));
  const busy = () => inState("waiting", "sending", "paused").length > 0;

  const button = (text, act) => {
    const made = make("button", { type: "button", textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  const tell = (item, state, text = "", ...buttons) => {
    item.state = state;
    item.element.className = state;
    item.note.textContent = text;
    item.buttons.replaceChildren(...buttons);
    progress();
    pump();
  };
  let drawn = 0;
  const progress = () => { drawn ||= requestAnimationFrame(draw); };
  const draw = () => {
    drawn = 0;
    const counted = uploads.filter(item => item.state !== "given up"), done = inState("done").length;
    const total = counted.reduce((sum, item) => sum + item.file.size, 0);
    const sent = counted.reduce((sum, item) => sum + item.sent, 0);
    find("#total").value = total ? sent / total : 1;
    const words = busy() ? `Uploading ${Math.min(done + 1, counted.length)} of ${counted.length}` : `${plural(done, "file")} uploaded`;
    find("#progress").textContent = busy() && total ? `${words} · ${Math.floor(100 * sent / total)} %` : words;
    find("#stop").textContent = busy() ? "Cancel all" : "Close";
    for (const item of inState("sending")) {
      item.bar.value = item.file.size ? item.sent / item.file.size : 1;
      item.note.textContent = `${size(item.sent)} of ${size(item.file.size)}`;
    }
  };
  const pump = () => {
    for (const item of inState("waiting").slice(0, Math.max(0, AT_ONCE - inState("sending").length))) send(item);
    if (!busy() && uploads.some(item => item.fresh)) {
      const done = uploads.filter(item => item.fresh && item.state === "done").length;
      for (const item of uploads) item.fresh = false;
      if (done) refresh().then(() => say(`${plural(done, "file")} uploaded`));
    }
  };
  const fail = (item, text, ...buttons) => {
    tell(item, "failed", text, ...buttons, button("Dismiss", () => drop(item)));
    say(`${item.path}: ${text}`);
  };
  const drop = item => {
    item.request?.abort();
    item.element.remove();
    tell(item, "given up");
  };
  const conflict = item => {
    const again = [];
    if (upload.hasAttribute("data-replace")) {
      again.push(button("Replace", () => { item.replace = true; tell(item, "waiting"); }));
    }
    again.push(button("Keep both", () => { item.path = nextName(item.path); tell(item, "waiting"); }));
    fail(item, "There is something of this name already.", ...again);
  };
  const nextName = path => path.replace(/( \((\d+)\))?(\.[^./]+)?$/, (_, numbered, number, ending = "") => ` (${Number(number ?? 1) + 1})${ending}`);
  const send = item => {
    const request = item.request = new XMLHttpRequest();
    item.bar = make("progress", { max: 1, value: 0 });
    item.bar.setAttribute("aria-label", item.path);
    tell(item, "sending", "", button("Cancel", () => drop(item)));
    item.buttons.prepend(item.bar);
    request.upload.onprogress = event => { item.sent = event.loaded; progress(); };
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* then the status has to do */ }
      if (request.status < 300) { item.sent = item.file.size; return tell(item, "done", "done"); }
      item.sent = 0;
      if (!item.replace && (request.status === 409 || request.status === 412)) return conflict(item);
      fail(item, said.reason || said.error || `${request.status} ${request.statusText}`, button("Try again", () => tell(item, "waiting")));
    };
    request.onerror = () => {
      item.sent = 0;
      if (++item.attempts >= ATTEMPTS) {
        return fail(item, "The connection was lost.", button("Try again", () => { item.attempts = 0; tell(item, "waiting"); }));
      }
      tell(item, "paused", "waiting for the connection", button("Cancel", () => drop(item)));
      setTimeout(() => { if (item.state === "paused") tell(item, "waiting"); }, 1000 * 2 ** item.attempts);
    };
    request.open("PUT", "./" + item.path.split("/").map(encodeURIComponent).join("/"));
    request.setRequestHeader("Accept", "application/json");
    if (!item.replace) request.setRequestHeader("If-None-Match", "*");
    request.send(item.file);
  };
  const add = files => {
    if (!files.length) return;
    queue.hidden = false;
    for (const { file, path } of files) {
      const note = make("span", { className: "state" }), buttons = make("span");
      const element = make("li", {}, isolated(path), buttons, note);
      const item = { file, path, element, note, buttons, state: "waiting", sent: 0, attempts: 0, replace: false, fresh: true };
      note.textContent = "waiting";
      uploads.push(item);
      find("ul", queue).append(element);
    }
    progress();
    pump();
  };
  const plain = list => [...list].map(file => ({ file, path: file.webkitRelativePath || file.name }));
  const entriesOf = reader => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  const filesBelow = async entry => {
    if (entry.isFile) return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path: entry.fullPath.slice(1) }];
    const found = [], reader = entry.createReader();
    for (let some = await entriesOf(reader); some.length; some = await entriesOf(reader)) {
      for (const child of some) found.push(...await filesBelow(child));
    }
    return found;
  };
  if (upload) {
    const picker = find("input[type=file]", upload);
    picker.addEventListener("change", () => { add(plain(picker.files)); upload.reset(); });
    let depth = 0;
    const carriesFiles = event => event.dataTransfer?.types.includes("Files");
    const hover = by => { depth = Math.max(0, depth + by); document.body.classList.toggle("drop", depth > 0); };
    document.addEventListener("dragenter", event => { if (carriesFiles(event)) { event.preventDefault(); hover(1); } });
    document.addEventListener("dragleave", event => { if (carriesFiles(event)) hover(-1); });
    document.addEventListener("dragover", event => { if (carriesFiles(event)) event.preventDefault(); });
    document.addEventListener("drop", async event => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      hover(-depth);
      const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry?.()), files = plain(event.dataTransfer.files);
      if (!entries.some(entry => entry?.isDirectory)) return add(files);
      for (const entry of entries) if (entry) add(await filesBelow(entry));
    });
    document.addEventListener("paste", event => {
      if (!event.target.matches("input")) add(plain(event.clipboardData?.files ?? []));
    });
    find("#stop").addEventListener("click", () => {
      if (busy()) for (const item of inState("waiting", "sending", "paused")) drop(item);
      else { queue.hidden = true; find("ul", queue).replaceChildren(); uploads.length = 0; }
    });
    addEventListener("beforeunload", event => { if (busy()) event.preventDefault(); });
  }

  // ── begin ──

  const ready = () => {
    localise();
    for (const box of boxes()) box.disabled = false;
    for (const sure of all(".sure input", listing)) sure.required = false;
    const head = find("thead .c", listing);
    if (head) {
      const every = make("input", { type: "checkbox", id: "every" });
      every.setAttribute("aria-label", "Select everything");
      head.append(every);
    }
    count();
    if (filter?.value && isWhole() && document.activeElement === filter) narrow();
  };
  ready();
})();
