// Everything here is a convenience: each page does its work without it.
"use strict";
(() => {
  const $ = (selector, each) => document.querySelectorAll(selector).forEach(each);

  // A second click while the first is under way is ignored. The form's token would catch it, too.
  $("form[data-once]", (form) => {
    let isSent = false;
    const mark = (sent) => {
      isSent = sent;
      form.querySelectorAll("button").forEach((button) =>
        button.setAttribute("aria-disabled", String(sent)));
    };
    form.addEventListener("submit", (event) => {
      if (isSent) event.preventDefault();
      else mark(true);
    });
    // The browser may show this very page again when the buyer goes back.
    window.addEventListener("pageshow", () => mark(false));
  });

  // The price of all tickets. Whole minor units throughout.
  $("[data-unit-minor]", (output) => {
    const quantity = document.getElementById(output.getAttribute("for"));
    const { unitMinor, decimals, currency } = output.dataset;
    const show = () => {
      const count = Number(quantity.value);
      const isCount = Number.isSafeInteger(count) && count > 0 && count <= 1000;
      if (!isCount) { output.textContent = ""; return; }
      const digits = String(Number(unitMinor) * count).padStart(Number(decimals) + 1, "0");
      const cut = digits.length - Number(decimals);
      const fraction = Number(decimals) ? "." + digits.slice(cut) : "";
      const whole = digits.slice(0, cut).replace(/\B(?=(\d{3})+$)/g, ",");
      output.textContent = "Total: " + whole + fraction + " " + currency;
    };
    quantity.addEventListener("input", show);
    show();
  });

  // Time left, by the span the server told and not by this computer's clock, which may be wrong.
  $("[data-seconds-left]", (element) => {
    const end = performance.now() + Number(element.dataset.secondsLeft) * 1000;
    const show = () => {
      const left = Math.max(0, Math.round((end - performance.now()) / 1000));
      const pad = (number) => String(number).padStart(2, "0");
      const hours = Math.floor(left / 3600);
      const minutes = Math.floor(left / 60) % 60;
      element.textContent =
        (hours ? hours + ":" + pad(minutes) : minutes) + ":" + pad(left % 60) + " left";
      if (left) setTimeout(show, 1000);
    };
    show();
  });

  // Offers what may be meant while somebody types. An answer that comes after a newer question is dropped.
  $("[data-suggest]", (input) => {
    const options = input.list;
    let timer = 0;
    let asked = "";
    const ask = async () => {
      const text = input.value.trim();
      if (text.length < 2 || text === asked) return;
      asked = text;
      try {
        const answer = await fetch(input.dataset.suggest + "?q=" + encodeURIComponent(text), { headers: { Accept: "application/json" } });
        if (!answer.ok || asked !== text) return;
        const { categories, cities, events } = await answer.json();
        const values = [...categories, ...cities.map(({ city }) => city), ...events.map(({ title }) => title)];
        // A hyphen before a word would exclude it, and a longer text is refused.
        const typed = (value) => value.replace(/(^|\s)-+/g, "$1").slice(0, 200);
        options.replaceChildren(...[...new Set(values.map(typed))].map((value) => new Option(value, value)));
      } catch { /* The network may be away for a while. */ }
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 200); });
  });

  // Asks for the booking until its status is another one, then shows the page anew.
  $("[data-poll]", (element) => {
    const { poll, status } = element.dataset;
    let wait = 1000;
    let timer = 0;
    const again = () => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(ask, wait);
      wait = Math.min(wait * 1.2, 10000);
    };
    const ask = async () => {
      try {
        const answer = await fetch(poll, { cache: "no-store", headers: { Accept: "application/json" } });
        if (answer.ok && (await answer.json()).status !== status) { location.reload(); return; }
      } catch { /* The network may be away for a while. */ }
      again();
    };
    document.addEventListener("visibilitychange", () => { wait = 1000; again(); });
    again();
  });
})();
