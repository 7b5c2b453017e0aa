// Only makes it nicer: the browser's language first (or #zh, #en in the address), and nothing left out in print.
(function () {
  const asked = location.hash.slice(1, 3);
  const wanted = asked === "zh" || asked === "en" ? asked : navigator.language.startsWith("zh") ? "zh" : "en";
  document.getElementById("show-" + wanted).checked = true;
  const tell = () => {
    document.documentElement.lang = document.getElementById("show-en").checked ? "en" : "zh-Hans";
  };
  tell();
  document.addEventListener("change", tell);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => closed.forEach((one) => (one.open = false)));
})();
