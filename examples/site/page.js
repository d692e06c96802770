// What the server negotiated with this browser, and a download with its progress.
const element = (id) => document.getElementById(id);

function showFacts(entries) {
  const nodes = entries.flatMap(([term, description]) => {
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    const group = document.createElement("div");
    dt.textContent = term;
    dd.textContent = description;
    group.append(dt, dd);
    return group;
  });
  element("facts").replaceChildren(...nodes);
}

function showVerdict(text, className) {
  const verdict = element("verdict");
  verdict.textContent = text;
  verdict.className = `verdict ${className}`;
}

async function showConnection() {
  const response = await fetch("/api/connection");
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const { security, handshake, remoteAddress } = await response.json();
  const isSafe = security.group.includes("MLKEM");
  if (isSafe) showVerdict("The key exchange is safe from quantum computers.", "good");
  else showVerdict("The key exchange is classical: this browser did not offer ML-KEM.", "warn");
  const isPq = security.signature.startsWith("ML-DSA");
  showFacts([
    ["Key exchange", security.group],
    ["Server's signature", isPq ? security.signature : `${security.signature} (no ML-DSA offered)`],
    ["Protocol", security.alpn],
    ["Cipher", security.cipher],
    ["Handshake", `${handshake.roundTrips} round trip${handshake.roundTrips === 1 ? "" : "s"}`],
    ["Server sent", `${handshake.bytesSent.toLocaleString()} bytes until then`],
    ["Profile", security.profile],
    ["Your address", remoteAddress],
  ]);
}

async function download() {
  const [button, progress, result] = ["download", "progress", "result"].map(element);
  button.disabled = true;
  progress.hidden = false;
  result.textContent = "";
  try {
    const startMs = performance.now();
    const response = await fetch("/data/field-3329.json", { cache: "no-store" });
    const totalBytes = Number(response.headers.get("content-length"));
    let bytes = 0;
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.length;
      progress.value = bytes / totalBytes;
    }
    const ms = performance.now() - startMs;
    result.textContent = `${bytes.toLocaleString()} bytes in ${ms.toFixed(0)} ms`;
  } catch (error) {
    result.textContent = `The download failed: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

for (const node of document.querySelectorAll(".origin")) node.textContent = location.origin;
element("download").addEventListener("click", download);
showConnection().catch((error) => {
  showVerdict(`The server could not be asked: ${error.message}`, "warn");
});
