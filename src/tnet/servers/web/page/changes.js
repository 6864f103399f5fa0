"use strict";
// What is ticked, and what is done with it; the dialogs that ask first.
(() => {
  const { find, all, make, at, say, plural, listing, rows, textOf, refresh, whenShown } = page;

  // ── what is ticked ──

  const boxes = () => all("tbody .c input", listing);
  const ticked = () => rows().filter(row => find(".c input", row)?.checked);
  const modify = () => Boolean(find("#files [value=delete]"));
  const rawName = row => find(".n a", row).getAttribute("href").slice(2).replace(/\/$/, "");
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
    const response = await fetch(at(path), {
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
        listing.focus();
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
    const body = `action=delete&sure=1&${chosen.map(row => `name=${rawName(row)}`).join("&")}`;
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
    const link = at(made.path);
    const field = make("input", { value: link, readOnly: true });
    field.setAttribute("aria-label", "The link");
    find("output", form).replaceChildren(field);
    field.select();
    await navigator.clipboard?.writeText(link).then(() => say("The link is copied"), () => {});
  });

  document.addEventListener("keydown", event => {
    const row = event.target.closest?.("#listing tbody tr"), tick = row && find(".c input", row);
    if (!tick || event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
    if (event.key === "x" || (event.key === " " && event.target.matches("a"))) tick.click();
    else if (event.key === "F2" && modify()) rename(row);
    else if (event.key === "Delete" && modify()) remove(ticked().length ? ticked() : [row]);
    else return;
    event.preventDefault();
  });

  whenShown(() => {
    for (const box of boxes()) box.disabled = false;
    for (const sure of all(".sure input", listing)) sure.required = false;
    const head = find("thead .c", listing);
    if (head) {
      const every = make("input", { type: "checkbox", id: "every" });
      every.setAttribute("aria-label", "Select everything");
      head.append(every);
    }
    count();
  });
})();
