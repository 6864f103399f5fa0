"use strict";
// Times in the visitor's zone, and the neighbours of a file by arrow keys.
(() => {
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.textContent = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(at);
    }
  }
  const keys = { ArrowLeft: "prev", ArrowRight: "next" };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (!(event.key in keys) || event.target.closest("audio, video, input, pre")) return;
    document.querySelector(`a[rel=${keys[event.key]}]`)?.click();
  });
})();
