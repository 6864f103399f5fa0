"use strict";
// Uploads: picked, dropped anywhere or pasted; a few at a time, each gone on with where it was when the connection is lost.
(() => {
  const { find, make, at, say, plural, size, refresh } = page;
  const upload = find("#upload"), queue = find("#queue"), uploads = [];
  const AT_ONCE = 3, ATTEMPTS = 6, LONG = 1 << 20;
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
    item.bar.hidden = state !== "sending";
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
    for (let next; inState("sending").length < AT_ONCE && (next = inState("waiting")[0]);) send(next);
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
    if (item.place && item.state !== "done") fetch(item.place, { method: "DELETE" }).catch(() => {});
    item.element.remove();
    tell(item, "given up");
  };
  const conflict = item => {
    const choices = [];
    if (upload.hasAttribute("data-replace")) {
      choices.push(button("Replace", () => { item.replace = true; tell(item, "waiting"); }));
    }
    choices.push(button("Keep both", () => {
      item.path = find("bdi", item.element).textContent = nextName(item.path);
      tell(item, "waiting");
    }));
    fail(item, "There is something of this name already.", ...choices);
  };
  const nextName = path => path.replace(/( \((\d+)\))?(\.[^./]+)?$/, (_, numbered, number, ending = "") => ` (${Number(number ?? 1) + 1})${ending}`);
  const again = (item, text) => fail(item, text, button("Try again", () => { item.attempts = 0; tell(item, "waiting"); }));
  const settle = (item, status, statusText, text) => {
    if (item.state !== "sending") return;
    if (status < 300) { item.sent = item.file.size; return tell(item, "done", "done"); }
    let said = {};
    try { said = JSON.parse(text); } catch { /* then the status has to do */ }
    if (item.place && status === 409) return interrupted(item);
    item.place = "";
    item.sent = 0;
    if (!item.replace && (status === 409 || status === 412)) return conflict(item);
    again(item, said.reason || said.error || `${status} ${statusText}`);
  };
  const interrupted = item => {
    if (++item.attempts >= ATTEMPTS) return again(item, "The connection was lost.");
    tell(item, "paused", "waiting for the connection", button("Cancel", () => drop(item)));
    setTimeout(() => { if (item.state === "paused") tell(item, "waiting"); }, 500 * 2 ** item.attempts);
  };

  // A long file gets a place of its own first, where it can be gone on with when the connection is lost.
  const openPlace = async (item, url) => {
    const headers = { Accept: "application/json", "Upload-Complete": "?0", "Upload-Length": item.file.size };
    if (!item.replace) headers["If-None-Match"] = "*";
    const response = await fetch(url, { method: "PUT", headers });
    if (!response.ok) return settle(item, response.status, response.statusText, await response.text());
    item.place = url + new URL(at(response.headers.get("Location"))).search;
    return true;
  };
  const findOffset = async item => {
    const response = await fetch(item.place, { method: "HEAD" });
    if (response.status === 404) item.place = "";
    if (!response.ok) return 0;
    return response.headers.get("Upload-Complete") === "?1" ? item.file.size : Number(response.headers.get("Upload-Offset"));
  };
  const send = async item => {
    const url = at(`./${item.path.split("/").map(encodeURIComponent).join("/")}`);
    tell(item, "sending", "", button("Cancel", () => drop(item)));
    let offset = 0;
    if (item.file.size > LONG) {
      try {
        if (item.place) offset = await findOffset(item);
        if (!item.place && !await openPlace(item, url)) return;
      } catch {
        return interrupted(item);
      }
      if (item.state !== "sending") return void fetch(item.place, { method: "DELETE" });
      if (offset >= item.file.size) return settle(item, 200);
    }
    const request = item.request = new XMLHttpRequest();
    request.upload.onprogress = event => { item.sent = offset + event.loaded; progress(); };
    request.onload = () => settle(item, request.status, request.statusText, request.responseText);
    request.onerror = () => interrupted(item);
    request.open(item.place ? "PATCH" : "PUT", item.place || url);
    request.setRequestHeader("Accept", "application/json");
    if (item.place) {
      request.setRequestHeader("Content-Type", "application/partial-upload");
      request.setRequestHeader("Upload-Offset", offset);
      request.setRequestHeader("Upload-Complete", "?1");
    } else if (!item.replace) {
      request.setRequestHeader("If-None-Match", "*");
    }
    request.send(offset ? item.file.slice(offset) : item.file);
  };
  const add = files => {
    if (!files.length) return;
    queue.hidden = false;
    for (const { file, path } of files) {
      const note = make("span", { className: "state", textContent: "waiting" });
      const bar = make("progress", { max: 1, value: 0, hidden: true }), buttons = make("span", { className: "buttons" });
      bar.setAttribute("aria-label", path);
      const element = make("li", {}, make("bdi", { textContent: path }), bar, note, buttons);
      const item = {
        file, path, element, bar, note, buttons, state: "waiting", place: "", sent: 0, attempts: 0, replace: false, fresh: true,
      };
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

  // ── where files come from ──

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
})();
