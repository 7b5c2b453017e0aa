// The form works without this file; with it, the answer arrives piece by piece and the page stays.
(() => {
  const form = document.getElementById("ask");
  const field = document.getElementById("q");
  const box = document.getElementById("answer");
  const said = document.getElementById("said");
  const start = document.getElementById("start");
  let running = null;

  // `asked` holds the fields of the form: q, ui, c and, set by a chip, country.
  async function ask(asked) {
    if (running) running.abort();
    const mine = (running = new AbortController());
    start.hidden = true;
    box.setAttribute("aria-busy", "true");
    box.replaceChildren(paragraph(box.dataset.wait, "quiet"));
    said.textContent = box.dataset.wait;
    follow(asked);
    try {
      const response = await fetch("/answer", { method: "POST", body: asked, signal: mine.signal });
      if (!response.ok || !response.body) throw new Error(String(response.status));
      let arrived = 0;
      let whole = false;
      for await (const { event, data } of events(response.body)) {
        if (event === "sentence") {
          if (!arrived++) box.replaceChildren();
          box.insertAdjacentHTML("beforeend", data);
        } else if (event === "conversation") form.elements.c.value = data;
        else if (event === "problem") [whole] = [true, problem(data)];
        else if (event === "answer") {
          whole = true;
          box.innerHTML = data; // rendered and escaped by the server
          say(box.querySelector(".answer"));
        }
      }
      if (!whole) throw new Error("cut off");
    } catch (error) {
      if (error.name !== "AbortError") problem(box.dataset.failed);
    } finally {
      if (running === mine) box.removeAttribute("aria-busy");
    }
  }

  // A screen reader hears the answer once and whole: what kind it is, then its text without the numbers.
  function say(article) {
    const text = article.querySelector(".text").cloneNode(true);
    text.querySelectorAll(".cite").forEach((cite) => cite.remove());
    said.lang = article.lang;
    said.textContent = [article.querySelector(".state"), text].map((part) => part?.textContent ?? "").join(" ");
  }

  // Reloading the page or changing its language keeps the question.
  function follow(asked) {
    const other = document.querySelector("a.other");
    const address = new URLSearchParams(asked);
    history.replaceState(null, "", `/?${address}`);
    address.set("ui", other.hreflang);
    other.href = `/?${address}`;
  }

  async function* events(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        let event = "message";
        const data = [];
        for (const line of block.split(/\r?\n/)) {
          if (line.startsWith("event:")) event = line.slice(6).trim();
          else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
        }
        yield { event, data: data.join("\n") };
      }
    }
  }

  function problem(text) {
    said.textContent = "";
    const alert = paragraph(text, "problem");
    alert.setAttribute("role", "alert");
    box.replaceChildren(alert);
    start.hidden = false;
  }

  function paragraph(text, name) {
    const p = document.createElement("p");
    p.className = name;
    p.textContent = text;
    return p;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim()) ask(new FormData(form));
    else field.focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.ask");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const asked = new FormData();
    for (const [name, value] of new URL(link.href).searchParams) asked.append(name, value);
    field.value = asked.get("q");
    window.scrollTo({ top: 0 });
    field.focus({ preventScroll: true });
    ask(asked);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  document.getElementById("keys").hidden = false;
})();
