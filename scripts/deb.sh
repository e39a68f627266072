#!/usr/bin/env bash
# Makes a Debian package of the optimized binary in target/debian, and prints its name. HEALTHCORE_BINARY names another
# binary. Takes dpkg-deb, which every Debian has.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v dpkg-deb >/dev/null || { echo "dpkg-deb is missing: packages are made on Debian or one of its kin" >&2; exit 1; }
cargo=${CARGO:-cargo}
target=$("$cargo" metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
target=${target:-target}
binary=${HEALTHCORE_BINARY:-$target/release/healthcore}
[ -x "$binary" ] || { echo "there is no $binary: run \`make release\` first" >&2; exit 1; }

version=$("$binary" --version | sed 's/.* //')
architecture=$(dpkg --print-architecture)
name=healthcore_${version}_$architecture
root=$target/debian/$name
rm -rf "$root"
install -d -m 0755 "$root/DEBIAN" "$root/usr/bin" "$root/usr/share/man/man1" "$root/usr/share/doc/healthcore" \
    "$root/lib/systemd/system" "$root/usr/share/bash-completion/completions" \
    "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d"

install -m 0755 "$binary" "$root/usr/bin/healthcore"
# A release is stripped already.
if command -v strip >/dev/null; then strip --strip-unneeded "$root/usr/bin/healthcore"; fi
install -m 0644 packaging/healthcore.service "$root/lib/systemd/system/healthcore.service"
"$binary" man --dir "$root/usr/share/man/man1" >/dev/null
gzip -9n "$root"/usr/share/man/man1/*.1
"$binary" completions bash >"$root/usr/share/bash-completion/completions/healthcore"
"$binary" completions zsh >"$root/usr/share/zsh/vendor-completions/_healthcore"
"$binary" completions fish >"$root/usr/share/fish/vendor_completions.d/healthcore.fish"
install -m 0644 README.md CHANGELOG.md config/default.toml "$root/usr/share/doc/healthcore/"
install -m 0644 docs/operations/*.md docs/AUDIT.md docs/ERRORS.md "$root/usr/share/doc/healthcore/"
install -m 0644 packaging/debian/copyright "$root/usr/share/doc/healthcore/copyright"
gzip -9n "$root/usr/share/doc/healthcore/CHANGELOG.md"
chmod -R u=rwX,go=rX "$root"

for script in postinst prerm postrm; do
    install -m 0755 "packaging/debian/$script" "$root/DEBIAN/$script"
done
libc=$(getconf GNU_LIBC_VERSION | sed 's/.* //')
size=$(du -sk --exclude=DEBIAN "$root" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@LIBC@/$libc/" -e "s/@SIZE@/$size/" \
    packaging/debian/control >"$root/DEBIAN/control"
(cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

dpkg-deb --root-owner-group --build "$root" "$target/debian/$name.deb" >/dev/null
echo "$target/debian/$name.deb"
