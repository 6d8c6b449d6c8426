#!/usr/bin/env bash
# Make one environment a tool:  benchmarks/peers/environments.sh [FOLDER] [TOOL ...]
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=${1:-build/peers}
shift || true
tools=("$@")
if ((${#tools[@]} == 0)); then
    tools=(nuclarium nuclarium-openvino stardist cellpose cellpose-sam)
fi

for tool in "${tools[@]}"; do
    case $tool in
        nuclarium) packages=(.) ;;
        nuclarium-openvino) packages=(".[openvino]") ;;
        stardist) packages=(stardist==0.9.2 csbdeep==0.8.2 tensorflow-cpu==2.21.0) ;;
        cellpose) packages=(cellpose==3.1.1.3 torch==2.13.0) ;;
        cellpose-sam) packages=(cellpose==4.2.1.1 torch==2.14.1 torchvision==0.29.1) ;;
        *)
            echo "The tool must be nuclarium, nuclarium-openvino, stardist, cellpose or" \
                "cellpose-sam, but got $tool." >&2
            exit 1
            ;;
    esac
    "${PYTHON:-python3}" -m venv "$folder/$tool"
    "$folder/$tool/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}"
    # A checkout keeps its version number while its code changes.
    if [[ $tool == nuclarium* ]]; then
        "$folder/$tool/bin/python" -m pip install --quiet --disable-pip-version-check \
            --no-deps --force-reinstall .
    fi
    "$folder/$tool/bin/python" -m pip freeze --quiet >"$folder/$tool/packages.txt"
done
