#!/usr/bin/env bash
# Vendors the script library of the admin panel into crates/admin/assets/vendor.
#
#   scripts/vendor-admin-assets.sh           fetch, compress, write
#   scripts/vendor-admin-assets.sh --check   fetch, compare with what is there; exit 1 if it differs
#
# Needs node (20 or newer) and npm. The package is pinned by version and by the hash of the whole archive. What is
# compared is the decompressed text: compressors differ from one zlib to the next.
set -euo pipefail

htmx='htmx.org@4.0.1'
htmx_integrity='sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg=='

mode=write
case "${1-}" in
    '') ;;
    --check) mode=check ;;
    *) echo "usage: $0 [--check]" >&2; exit 2 ;;
esac

vendor="$(cd "$(dirname "$0")/.." && pwd)/crates/admin/assets/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

archive="$(cd "$work" && npm pack --loglevel=error --ignore-scripts "$htmx")"
tar -xzf "$work/$archive" -C "$work" --strip-components=1

node - "$mode" "$work" "$vendor" "$work/$archive" "$htmx_integrity" <<'NODE'
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");
const [mode, work, vendor, archive, wanted] = process.argv.slice(2);

const hash = require("crypto").createHash("sha512").update(fs.readFileSync(archive)).digest("base64");
if (`sha512-${hash}` !== wanted) {
    console.error(`integrity is sha512-${hash}, not ${wanted}`);
    process.exit(1);
}

let differing = 0;
function put(name, bytes, pack, unpack) {
    const file = path.join(vendor, name);
    if (mode === "check") {
        const same = fs.existsSync(file) && unpack(fs.readFileSync(file)).equals(bytes);
        if (!same) { differing += 1; console.error(`differs: ${name}`); }
        return;
    }
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const packed = pack(bytes);
    fs.writeFileSync(file, packed);
    console.error(`${name}: ${packed.length} bytes`);
}
const gzip = (bytes) => zlib.gzipSync(bytes, { level: 9, memLevel: 9 });
const brotli = (bytes) => zlib.brotliCompressSync(bytes, {
    params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: zlib.constants.BROTLI_MAX_QUALITY,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
});
const same = (bytes) => bytes;

// The map of the sources is not served.
const script = fs.readFileSync(path.join(work, "dist/htmx.min.js"), "utf8").replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n");
put("htmx/htmx.min.js.br", Buffer.from(script), brotli, zlib.brotliDecompressSync);
put("htmx/htmx.min.js.gz", Buffer.from(script), gzip, zlib.gunzipSync);
const license = fs.readFileSync(path.join(work, "LICENSE"), "utf8").replaceAll("\r\n", "\n");
put("htmx/LICENSE", Buffer.from(license), same, same);
if (differing > 0) process.exit(1);
NODE
