/*
 * The progress of a long job, kept up to date while somebody looks. Without this file a link refreshes the page.
 */
"use strict";

(() => {
  const PAUSE = 1500; // ms between two looks
  const LONGEST = 15000; // ms between two looks when the server does not answer
  let pause = PAUSE;

  const look = async () => {
    const shown = document.querySelector("[data-progress]");
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      const found = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-progress]");
      if (found.dataset.progress !== shown.dataset.progress) return location.reload();
      for (const part of ["h2", "progress"]) {
        const [before, now] = [shown.querySelector(part), found.querySelector(part)];
        if (before.textContent !== now.textContent) before.textContent = now.textContent;
      }
      shown.querySelector("progress").value = found.querySelector("progress").value;
      pause = PAUSE;
    } catch {
      pause = Math.min(pause * 2, LONGEST);
    }
    setTimeout(look, pause);
  };

  setTimeout(look, PAUSE);
})();
