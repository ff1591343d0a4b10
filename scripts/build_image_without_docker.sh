#!/bin/sh
# Build the image where there is neither a container engine nor a registry of images: as root, by
# Debian's buildah, on a base that debootstrap makes. That base has the name, the Debian and the
# Python version that the Dockerfile asks for and is not the same build, so it is for trying our own
# steps and not for running the service.
# Usage: scripts/build_image_without_docker.sh FOLDER. All is stored in there (about 5 GB).
set -eu
cd "$(dirname "$0")/.."
folder=${1:?"Name a folder for the images; it is made if it is not there."}
for tool in buildah debootstrap; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is missing. Install it (as root: apt-get install buildah debootstrap) and run again." >&2
        exit 2
    fi
done
base=$(sed -n 's/^FROM //p' Dockerfile)
image=$(sed -n 's/^ *image: \(southampton.*\)/\1/p' docker-compose.yml)
# Without an engine's own storage driver each layer is a copy, which needs nothing of the machine.
stored() {
    buildah --root "$folder/images" --runroot "$folder/run" --storage-driver vfs "$@"
}

if ! stored inspect --type image "$base" >/dev/null 2>&1; then
    container=$(stored from scratch)
    debootstrap --variant=minbase --include=ca-certificates bookworm "$(stored mount "$container")"
    stored run --isolation chroot "$container" -- sh -c "apt-get update -q \
        && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3.11-venv \
        && ln -s python3.11 /usr/bin/python && apt-get clean"
    stored commit --quiet "$container" "$base"
    stored rm "$container" >/dev/null
fi
# What this machine knows of a proxy that ends TLS is lent to the build and does not stay in the image.
set --
for lent in /etc/ssl/certs /etc/pip.conf; do
    [ ! -e "$lent" ] || set -- "$@" --volume "$lent:$lent:ro"
done
stored build --isolation chroot --pull-never "$@" --tag "$image" .
echo "$image is built. To look inside, with buildah --root $folder/images --runroot $folder/run --storage-driver vfs:"
echo "  … from --name inside $image; … run --isolation chroot inside -- warehouse --help"
