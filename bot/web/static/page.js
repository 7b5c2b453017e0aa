// The form works without this file; with it, the answer arrives piece by piece and the page stays.
(() => {
  const form = document.getElementById("ask");
  const box = document.getElementById("answer");
  const field = document.getElementById("q");
  let conversation = "";
  let running = null;

  async function ask(question) {
    if (running) running.abort();
    const mine = (running = new AbortController());
    document.getElementById("start")?.remove();
    box.replaceChildren(paragraph(box.dataset.wait, "quiet"));
    const body = new FormData(form);
    body.set("q", question);
    body.set("conversation_id", conversation);
    try {
      const response = await fetch("/answer", { method: "POST", body, signal: mine.signal });
      if (!response.ok || !response.body) throw new Error(String(response.status));
      let first = true;
      for await (const { event, data } of events(response.body)) {
        if (event === "conversation") conversation = data;
        else if (event === "problem") box.replaceChildren(paragraph(data, "problem"));
        else if (event === "answer") box.innerHTML = data; // rendered and escaped by the server
        else if (event === "sentence") {
          if (first) box.replaceChildren();
          first = false;
          box.insertAdjacentHTML("beforeend", data);
        }
      }
    } catch (error) {
      if (error.name !== "AbortError") box.replaceChildren(paragraph(box.dataset.failed, "problem"));
    }
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

  function paragraph(text, name) {
    const p = document.createElement("p");
    p.className = name;
    p.textContent = text;
    if (name === "problem") p.setAttribute("role", "alert");
    return p;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = field.value.trim();
    if (question) ask(question);
    else field.focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.question");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    field.value = link.textContent;
    window.scrollTo({ top: 0 });
    ask(link.textContent);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
})();
