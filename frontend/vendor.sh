#!/bin/sh
# Fetches the vendored browser libraries with npm, checks them against the integrity recorded
# here, and writes their files and one licence each into static/vendor.
# Source map comments are cut off: the maps are not shipped, and collectstatic would miss them.
set -eu
vendor=$(cd "$(dirname "$0")" && pwd)/static/vendor
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

unpack() { # name version integrity: the package, as the folder "package"
    archive=$(npm pack --silent "$1@$2")
    integrity="sha512-$(openssl dgst -sha512 -binary "$archive" | openssl base64 -A)"
    if [ "$integrity" != "$3" ]; then
        echo "$1@$2 has integrity $integrity, expected $3" >&2
        exit 1
    fi
    rm -rf package
    tar -xzf "$archive"
    rm "$archive"
}

take() { # name version integrity file-in-package target licence-in-package
    unpack "$1" "$2" "$3"
    case "$4" in
        "") ;;
        *.css) cp "package/$4" "$vendor/$5.css" ;;
        *) sed '/^\/\/# sourceMappingURL=/d' "package/$4" > "$vendor/$5.js" ;;
    esac
    cp "package/$6" "$vendor/$5.LICENSE.txt"
}

take markdown-it 15.0.3 \
    sha512-+Az7Ojz3iRGu8KYMvJ6xVhvrxP3eE+vEtJX75Ow88XBpcQNV/0lGX5ZynIIBftREo4DC2jsveAMDaeltmm8QvQ== \
    dist/browser/markdown-it.esm.min.mjs markdown-it LICENSE
take dompurify 3.4.18 \
    sha512-ofe3wI/uNm68HInABYFJYqQxRw1EaKAjNdrFVKqjUY+UZurvNd2L/HuQe097s/4RivWiZyP6tT7aoT8atjfhwg== \
    dist/purify.es.mjs dompurify LICENSE
take @highlightjs/cdn-assets 11.12.0 \
    sha512-KvOKXODaiFmId9xaq3xc5xCL66wVLUuOngDbO9B/kewbFTqdGbn2nJxNhN3H5R1cgDTVj6R8vH0zgiNDEGjpDw== \
    es/highlight.min.js highlight LICENSE
take uplot 1.6.32 \
    sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw== \
    dist/uPlot.esm.js uplot LICENSE
take uplot 1.6.32 \
    sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw== \
    dist/uPlot.min.css uplot LICENSE

take markdown-it-cjk-friendly 3.0.0 \
    sha512-y4OkqwenFXmb1i3w7qfh9E60qNX6U4KzECke8N/7io9SARFSvbR/wde0q/l6/Az9doieLOIw7ZsbDSgl27DR4g== \
    dist/index.js markdown-it-cjk-friendly LICENSE
# It imports the next package by its bare name, which a browser cannot look up.
sed -i 's|"get-east-asian-width"|"./get-east-asian-width/index.js"|' "$vendor/markdown-it-cjk-friendly.js"
unpack get-east-asian-width 1.7.0 \
    sha512-XjH1AECxf0giL2V1aU8vKyRR2ppRUb5c0EvT7zuJTokQ74bNo52zOtghqdWIqrhUD79fo3x0WfKZdOqxF6LG1Q==
mkdir -p "$vendor/get-east-asian-width"
cp package/index.js package/lookup.js package/lookup-data.js package/utilities.js \
    "$vendor/get-east-asian-width"
cp package/license "$vendor/get-east-asian-width/LICENSE.txt"

# KaTeX minified is a script that sets a global name; one line makes a module of it. Every browser
# that runs this site reads woff2, so the style sheet names no other fonts.
unpack katex 0.19.1 \
    sha512-jG8uKntjSEcm2EpQOh0XturpPuuC9r3Sq5HLHdsFdWZT27E672SF19QEi+of0/YeOy15lDgRhKvr5614uRrEfA==
mkdir -p "$vendor/katex/fonts"
{ cat package/dist/katex.min.js; echo; echo "export default self.katex;"; } > "$vendor/katex/katex.js"
sed 's/,url([^)]*\.woff) format("woff"),url([^)]*\.ttf) format("truetype")//g' \
    package/dist/katex.min.css > "$vendor/katex/katex.css"
cp package/dist/fonts/*.woff2 "$vendor/katex/fonts"
cp package/LICENSE "$vendor/katex/LICENSE.txt"

# Bundled inside markdown-it: only their licences.
take entities 8.1.0 \
    sha512-kxL7msIffSuh9aaFAMD7rxAIuTRMAHMeBtgHW2yUdWw732ZNh4MehkF2gdjvtdmikkaIP9bFDDJOPlsvm7avrA== \
    "" markdown-it.entities LICENSE
take linkify-it 6.1.0 \
    sha512-wJ/TwpSDTLepCrQoYWYIExIKg5Zchex2Nn5yk2mFnB+6PtdkHtyLx742md9csRjjOnGkKIS/RrbY7l8D6gT9Vw== \
    "" markdown-it.linkify-it LICENSE
take mdurl 2.1.0 \
    sha512-1+HBaOx0zi/dQWht8rNv9MYf9qqpqL/kxI0hXImU6Y547zM6Sni8BQibt7ifgMcYtQg41ao3Ivd6cnSM86inpg== \
    "" markdown-it.mdurl LICENSE
take punycode.js 2.3.1 \
    sha512-uxFIHU0YlHYhDQtV4R9J6a52SLx28BCjT+4ieh7IGbgwVJWO+km431c4yRlREUAsAmt/uMjQUyQHNEPf0M39CA== \
    "" markdown-it.punycode LICENSE-MIT.txt
take uc.micro 3.0.0 \
    sha512-U3PppEkleoTnIfi8BozMx3yju3qc/L6SwqWo2Sw+54PX+PX0q9I+r1Um5HCmqD7n9VDX5/v3vQH/AjA6deDdtw== \
    "" markdown-it.uc.micro LICENSE.txt
