#!/usr/bin/env bash
# Vendors the viewers of the API documentation into crates/http/assets/vendor.
#
#   scripts/vendor-docs-assets.sh           fetch, patch, compress, write
#   scripts/vendor-docs-assets.sh --check   fetch, patch, compare with what is there; exit 1 if it differs
#
# Needs node (20 or newer) and npm. The packages are pinned by version and by the hash of the whole archive;
# a new version is a new pair below, then a look at the pages in a browser with its console open.
# What is compared is the decompressed text: compressors differ from one zlib to the next.
set -euo pipefail

swagger_ui='swagger-ui-dist@5.35.0'
swagger_ui_integrity='sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ=='
redoc='redoc@2.5.4'
redoc_integrity='sha512-M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ=='

mode=write
case "${1-}" in
    '') ;;
    --check) mode=check ;;
    *) echo "usage: $0 [--check]" >&2; exit 2 ;;
esac

vendor="$(cd "$(dirname "$0")/.." && pwd)/crates/http/assets/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# fetch PACKAGE INTEGRITY FOLDER
fetch() {
    local archive
    archive="$(cd "$work" && npm pack --loglevel=error --ignore-scripts "$1")"
    node -e '
        const [file, wanted] = process.argv.slice(1);
        const hash = require("crypto").createHash("sha512").update(require("fs").readFileSync(file)).digest("base64");
        if (`sha512-${hash}` !== wanted) { console.error(`${file}: integrity is sha512-${hash}, not ${wanted}`); process.exit(1); }
    ' "$work/$archive" "$2"
    mkdir "$work/$3"
    tar -xzf "$work/$archive" -C "$work/$3" --strip-components=1
}

fetch "$swagger_ui" "$swagger_ui_integrity" swagger-ui
fetch "$redoc" "$redoc_integrity" redoc

node - "$mode" "$work" "$vendor" <<'NODE'
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");
const [mode, work, vendor] = process.argv.slice(2);

// `cut`: texts that must be there exactly once, and what stands in their place.
const sourceMap = (file, css) => [css ? `/*# sourceMappingURL=${file}.map*/` : `//# sourceMappingURL=${file}.map`, ""];
const bundles = [
    { from: "swagger-ui/swagger-ui.css", cut: [sourceMap("swagger-ui.css", true)] },
    { from: "swagger-ui/swagger-ui-bundle.js", cut: [] },
    {
        from: "redoc/bundles/redoc.standalone.js",
        to: "redoc/redoc.standalone.js",
        cut: [
            sourceMap("redoc.standalone.js", false),
            // The logo beside the link to the maker: an empty image, which the bundle then hides itself.
            ["https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,"],
        ],
    },
];
const licenses = [
    ["swagger-ui/LICENSE"],
    ["swagger-ui/NOTICE"],
    ["swagger-ui/swagger-ui-bundle.js.LICENSE.txt"],
    ["redoc/LICENSE"],
    ["redoc/bundles/redoc.standalone.js.LICENSE.txt", "redoc/redoc.standalone.js.LICENSE.txt"],
    ["redoc/bundles/d87bcbdbea8f8f5aa26f.worker.js.LICENSE.txt", "redoc/redoc.worker.js.LICENSE.txt"],
];
// Nothing of these hosts may be fetched by a page; links that a reader may follow are no fetches.
const fetched = /cdn\.|fonts\.(googleapis|gstatic)|unpkg\.com|jsdelivr/;

let differing = 0;
function put(name, bytes, unpack) {
    const file = path.join(vendor, name);
    if (mode === "check") {
        const same = fs.existsSync(file) && unpack(fs.readFileSync(file)).equals(bytes);
        if (!same) { differing += 1; console.error(`differs: ${name}`); }
        return;
    }
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const packed = unpack === zlib.brotliDecompressSync ? brotli(bytes) : unpack === zlib.gunzipSync ? gzip(bytes) : bytes;
    fs.writeFileSync(file, packed);
    console.error(`${name}: ${packed.length} bytes`);
}
const gzip = (bytes) => zlib.gzipSync(bytes, { level: 9, memLevel: 9 });
const brotli = (bytes) => zlib.brotliCompressSync(bytes, {
    params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: zlib.constants.BROTLI_MAX_QUALITY,
        [zlib.constants.BROTLI_PARAM_LGWIN]: zlib.constants.BROTLI_MAX_WINDOW_BITS,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
});

for (const { from, to = from, cut } of bundles) {
    let text = fs.readFileSync(path.join(work, from), "utf8");
    for (const [old, replacement] of cut) {
        const found = text.split(old).length - 1;
        if (found !== 1) throw new Error(`${from}: ${old} is there ${found} times, not once`);
        text = text.replace(old, () => replacement);
    }
    const outside = text.match(fetched);
    if (outside) throw new Error(`${from}: still names ${outside[0]}`);
    put(`${to}.br`, Buffer.from(text), zlib.brotliDecompressSync);
    put(`${to}.gz`, Buffer.from(text), zlib.gunzipSync);
}
for (const [from, to = from] of licenses) {
    const text = fs.readFileSync(path.join(work, from), "utf8").replaceAll("\r\n", "\n");
    put(to, Buffer.from(text), (bytes) => bytes);
}
if (differing > 0) process.exit(1);
NODE
