"use strict";
// Makes the listing quicker: orders and filters in place, turns pages without a flash, walks by keys.
// Without it the same links and forms do the same.
const page = (() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const listing = find("#listing"), filter = find("#q");
  const at = url => new URL(url, location.href).href; // a page's own address may hold a password, which fetch refuses
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
      const response = await fetch(at(url), { headers: { Accept: "text/html" }, signal: asked.signal });
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
    for (const up of all("tbody .up", listing)) up.hidden = words.length > 0;
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
    if (event.key === "/" && filter) { filter.focus(); filter.select(); }
    else if (!walk(event)) return;
    event.preventDefault();
  });
  document.addEventListener("click", event => {
    for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // ── whenever another choice of the directory is shown ──

  const hooks = [localise];
  const ready = () => {
    for (const hook of hooks) hook();
    if (filter?.value && isWhole() && document.activeElement === filter) narrow();
  };
  const whenShown = hook => { hooks.push(hook); hook(); };
  ready();
  return { find, all, make, at, say, plural, size, listing, rows, textOf, refresh, whenShown };
})();
