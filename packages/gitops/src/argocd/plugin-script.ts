/**
 * The script of the plugin, for any POSIX shell. It does not parse YAML: sops, kustomize and helm do what has to be
 * exact. Where the script searches by patterns, it rejects in case of doubt.
 */
export const pluginScript: string = String.raw`# Makes plain objects of a source with files that sops encrypted: YAML and JSON, Kustomize, or a Helm chart.
# "sh plugin.sh discover" says whether it is one, "sh plugin.sh generate" writes the objects. Argo CD runs both in a copy
# of the repository of their own, in which files are decrypted where they are.
set -e
export LC_ALL=C SOPS_DISABLE_VERSION_CHECK=true
tab=$(printf '\t')

fail() {
  printf 'isosops: %s\n' "$*" >&2
  exit 1
}

cd -P .
root=$(printf '%s\n' "$PWD" | sed -n 's,^\(.*/_cmp_server/[^/]*\).*,\1,p')
[ -n "$root" ] || fail "this decrypts files where they are, so it runs in the copies that Argo CD makes, and nowhere else."
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
trap 'exit 1' HUP INT TERM
root_length=$(printf '%s' "$root" | wc -c)
: >"$temporary/decrypted"
: >"$temporary/visited"

# The path in the repository of one that has no links.
shown() {
  printf '%s\n' "$1" | cut -c "$((root_length + 2))-"
}

plain_allowed() {
  [ "$ARGOCD_ENV_ALLOW_PLAIN_SECRETS" = true ]
}

# In two parts, so that this text is not taken for an encrypted value itself.
has_ciphertext() {
  grep -qF 'ENC''[AES256_GCM,' "$1"
}

is_encrypted() {
  has_ciphertext "$1" && grep -qE '^sops:|"sops"[[:space:]]*:|^sops_mac=|^\[sops\]' "$1"
}

# Whether a file has a Secret with values.
is_secret() {
  awk '
    function finish() {
      if ((secret && values) || (list && inner && innerValues)) found = 1
      secret = values = list = inner = innerValues = 0
      margin = -1
    }
    BEGIN { margin = -1; kind = "[\"\047]?kind[\"\047]?[ \t]*:[ \t]*[\"\047]?"; end = "[\"\047]?[ \t\r]*(#.*|,.*|}.*)?$" }
    /^---/ { finish(); sub(/^---[ \t]*/, "") }
    /^[ \t\r]*(#.*)?$/ { next }
    {
      if (margin < 0) { match($0, /[^ ]/); margin = RSTART - 1; flow = substr($0, RSTART, 1) == "{" }
      line = substr($0, margin + 1)
      if (flow) { list = 1; gsub(/[{,]/, "\n&\n", line); count = split(line, parts, "\n") } else { count = 1; parts[1] = line }
      for (at = 1; at <= count; at++) {
        part = parts[at]
        if (part ~ "^" kind "Secret" end) secret = 1
        if (part ~ "^" kind "(Secret)?List" end) list = 1
        if (part ~ "^[ \t-]*" kind "Secret" end) inner = 1
        if (part ~ "^[\"\047]?(data|stringData)[\"\047]?[ \t]*:" && part !~ /:[ \t]*({}|null|~)?[ \t\r]*(#.*)?$/ ) values = 1
        if (part ~ "^[\"\047]?(data|stringData)[\"\047]?[ \t]*:[ \t\r]*(#.*)?$") values = 1
        if (part ~ "^[ \t-]*[\"\047]?(data|stringData)[\"\047]?[ \t]*:" && part !~ /:[ \t]*({}|null|~)[ \t\r]*$/) innerValues = 1
      }
    }
    END { finish(); exit !found }
  ' "$1"
}

refuse_plain_secret() {
  if has_ciphertext "$1"; then
    fail "$(shown "$1") has encrypted values and no metadata of sops, so nothing decrypts them. Take it from Git as it was when it was encrypted."
  fi
  plain_allowed || ! is_secret "$1" ||
    fail "$(shown "$1") has a Secret that is not encrypted. Encrypt it before it is committed; to deploy it as it is, set ALLOW_PLAIN_SECRETS=true in the plugin.env of the Application."
}

# The path without links, of what is in the repository.
inside() {
  target=$(readlink -f "$1") || fail "$1 is a link to nothing."
  case $target/ in
    "$root"/*) ;;
    *) fail "$1 is outside of the repository." ;;
  esac
}

cannot_decrypt() {
  fail "$(shown "$1") cannot be decrypted. Is it encrypted for the key of this cluster, and as it was when it was encrypted?"
}

was_decrypted() {
  grep -qxF "$1" "$temporary/decrypted"
}

decrypt_in_place() {
  "$SOPS" --decrypt --in-place "$1" </dev/null >&2 || cannot_decrypt "$1"
  printf '%s\n' "$1" >>"$temporary/decrypted"
}

kustomization_of() {
  for kustomization in "$1/kustomization.yaml" "$1/kustomization.yml" "$1/Kustomization"; do
    if [ -f "$kustomization" ]; then return 0; fi
  done
  return 1
}

manifests() {
  depth='-maxdepth 1'
  if [ "$ARGOCD_ENV_RECURSE" = true ]; then depth=; fi
  find . $depth -name '.?*' -prune -o \( -type f -o -type l \) \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' \) -print | sort
}

generate_plain() {
  manifests | while IFS= read -r file; do
    inside "$file"
    if is_encrypted "$target"; then
      "$SOPS" --decrypt "$target" </dev/null >"$temporary/object" || cannot_decrypt "$target"
    else
      refuse_plain_secret "$target"
      cat "$target" >"$temporary/object"
    fi
    # As Argo CD does without a plugin: a file that is not a manifest is skipped.
    if grep -q apiVersion "$temporary/object" && grep -q kind "$temporary/object"; then
      printf '%s\n' ---
      cat "$temporary/object"
      echo
    else
      printf 'isosops: %s is not a manifest, and is skipped.\n' "$(shown "$target")" >&2
    fi
  done >"$temporary/objects"
}

# What a kustomization names: its field, a tab, and a word of it that may be a path.
references() {
  awk '
    { sub(/(^|[ \t])#.*$/, "") }
    /^[A-Za-z]/ { field = $0; sub(/[ \t]*:.*$/, "", field) }
    {
      gsub(/[][{},"\047\r]/, " ")
      count = split($0, words, /[ \t]+/)
      for (at = 1; at <= count; at++) {
        word = words[at]
        sub(/^.*=/, "", word)
        if (word != "" && word != "-") print field "\t" word
      }
    }
  ' "$1"
}

# Goes through a kustomization and those that it names. With "list", writes the names of encrypted files instead.
visit() {
  if grep -qxF "$2" "$temporary/visited" || ! kustomization_of "$2"; then return 0; fi
  printf '%s\n' "$2" >>"$temporary/visited"
  named=$(mktemp "$temporary/references.XXXXXX")
  references "$kustomization" >"$named"
  while IFS=$tab read -r field reference; do
    if [ "$field $reference" = 'secretGenerator literals:' ] && [ "$1" != list ] && ! plain_allowed; then
      fail "the secretGenerator of a kustomization in $(shown "$2/.") has literals, which are not encrypted. Take files or envs that are."
    fi
    if [ -d "$2/$reference" ]; then
      inside "$2/$reference/."
      visit "$1" "$target"
    elif [ -f "$2/$reference" ]; then
      inside "$2/$reference"
      if [ "$1" = list ]; then
        if is_encrypted "$target"; then printf '%s\n' "$target"; fi
      else
        take "$field" "$target"
      fi
    fi
  done <"$named"
}

# Decrypts a file that a field of a kustomization names, or refuses it.
take() {
  if was_decrypted "$2" || is_encrypted "$2"; then
    if [ "$1" = configMapGenerator ]; then
      fail "configMapGenerator takes $(shown "$2"), which is encrypted: it would be readable in a ConfigMap. Take secretGenerator."
    fi
    if ! was_decrypted "$2"; then decrypt_in_place "$2"; fi
  elif [ "$1" = secretGenerator ]; then
    plain_allowed || fail "secretGenerator takes $(shown "$2"), which is not encrypted. Encrypt it before it is committed; to deploy it as it is, set ALLOW_PLAIN_SECRETS=true in the plugin.env of the Application."
  else
    refuse_plain_secret "$2"
  fi
}

generate_kustomize() {
  visit take "$PWD"
  kustomize build $KUSTOMIZE_BUILD_OPTIONS . >"$temporary/objects"
}

chart_files() {
  find . -type f ! -name '*.md' -print | sort
}

generate_helm() {
  # Helm follows links, and a template can show any file of its chart, and of charts that it names as dependencies.
  here=$PWD
  cd "$root"
  find . -type l -print | while IFS= read -r file; do if [ -e "$file" ]; then inside "$file"; fi; done
  cd "$here"
  # What another key opens may be meant for another cluster: it fails where it is used.
  chart_files | while IFS= read -r file; do
    inside "$file"
    if is_encrypted "$target" && "$SOPS" --decrypt --in-place "$target" </dev/null >&2; then
      printf '%s\n' "$target" >>"$temporary/decrypted"
    fi
  done
  if [ -f values.yaml ] && is_encrypted values.yaml; then cannot_decrypt "$PWD/values.yaml"; fi
  set -- --namespace "$ARGOCD_APP_NAMESPACE" --include-crds
  if [ -n "$KUBE_VERSION" ]; then set -- "$@" --kube-version "$KUBE_VERSION"; fi
  if [ -n "$KUBE_API_VERSIONS" ]; then set -- "$@" --api-versions "$KUBE_API_VERSIONS"; fi
  number=0
  while file=$(printenv "PARAM_VALUES_FILES_$number"); do
    number=$((number + 1))
    wanted=$(printf '%s' "$file" | sed 's,^secrets://,,')
    [ -e "$wanted" ] || fail "there is no values file $wanted."
    inside "$wanted"
    if is_encrypted "$target"; then decrypt_in_place "$target"; fi
    if [ "$wanted" != "$file" ] && ! was_decrypted "$target"; then
      fail "$wanted is named as secrets://$wanted and is not encrypted. Encrypt it before it is committed."
    fi
    # Helm takes a comma for the end of a path.
    case $target in *,*) fail "$wanted has a comma in its path, which helm does not take." ;; esac
    set -- "$@" --values "$target"
  done
  if [ -n "$PARAM_VALUES" ]; then
    printf '%s\n' "$PARAM_VALUES" >"$temporary/values.yaml"
    set -- "$@" --values "$temporary/values.yaml"
  fi
  if grep -q '^dependencies:' Chart.yaml && [ ! -d charts ]; then helm dependency build >&2; fi
  release=$PARAM_RELEASE_NAME
  if [ -z "$release" ]; then release=$ARGOCD_APP_NAME; fi
  # Else an Application could give helm flags, which run programs.
  case $release in
    [!a-z0-9]* | *[!a-z0-9.-]*) fail "$release cannot be the name of a release." ;;
  esac
  helm template "$release" . "$@" >"$temporary/objects"
}

if kustomization_of .; then kind=kustomize; elif [ -f Chart.yaml ]; then kind=helm; else kind=plain; fi

case $1 in
  discover)
    case $kind in
      kustomize) visit list "$PWD" ;;
      helm) chart_files | while IFS= read -r file; do if is_encrypted "$file"; then printf '%s\n' "$file"; fi; done ;;
      plain) manifests | while IFS= read -r file; do if is_encrypted "$file"; then printf '%s\n' "$file"; fi; done ;;
    esac >"$temporary/encrypted"
    if [ ! -s "$temporary/encrypted" ] && printenv ARGOCD_APP_PARAMETERS >/dev/null; then
      # The Application asks for a plugin, so that without this one Argo CD would say no more than that there is none.
      plain_allowed || fail "no file of this source is encrypted. Encrypt what is secret, or leave the plugin out of the Application; to deploy it as it is, set ALLOW_PLAIN_SECRETS=true in its plugin.env."
      printf '.\n' >"$temporary/encrypted"
    fi
    cat "$temporary/encrypted"
    ;;
  generate)
    generate_$kind
    if has_ciphertext "$temporary/objects"; then
      fail "objects of this source still have encrypted values, so they are not deployed: a file is used that is not decrypted, or that nothing can decrypt."
    fi
    # With pruning, Argo CD takes no objects for an order to delete all.
    grep -q kind "$temporary/objects" || fail "there are no objects in this source."
    cat "$temporary/objects"
    ;;
  *) fail "discover or generate?" ;;
esac
`;
