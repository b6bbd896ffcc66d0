#!/usr/bin/env bash
# Chromium and its driver for the tests of pages, from Debian, where they are missing and we may install them.
set -euo pipefail

if command -v chromedriver >/dev/null && command -v chromium >/dev/null; then
	exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "error: chromium and chromedriver are missing; install them (Debian: apt install chromium chromium-driver)" >&2
	exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install --yes --no-install-recommends chromium chromium-driver fonts-dejavu-core; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "error: chromium can't be installed with apt-get; what it said stands above" >&2
	exit 1
fi
