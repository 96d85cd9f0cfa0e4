# Sourced by `mvnw` and `jvisor`: leaves JAVA_HOME at a JDK of version 25 or newer, or stops with one line.
# Order: JAVA_HOME if it is new enough, then the newest under /usr/lib/jvm, then the `java` on the PATH.

jvisor_jdk_version() { # prints the feature version of the JDK at $1, or 0
  version=0
  if [ -x "$1/bin/javac" ] && [ -r "$1/release" ]; then
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  fi
  echo "${version:-0}"
}

jvisor_find_jdk() {
  if [ -n "${JAVA_HOME-}" ] && [ "$(jvisor_jdk_version "$JAVA_HOME")" -ge 25 ]; then
    return 0
  fi
  best=0 found=
  on_path=$(command -v javac 2>/dev/null || true)
  [ -z "$on_path" ] || on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  # The globs are expanded here even where the caller has switched globbing off.
  case $- in *f*) noglob=1; set +f ;; *) noglob= ;; esac
  for home in /usr/lib/jvm/* "${HOME-}"/.jdks/* "${HOME-}"/.sdkman/candidates/java/* "$on_path"; do
    [ -d "$home" ] || continue
    version=$(jvisor_jdk_version "$home")
    if [ "$version" -ge 25 ] && [ "$version" -gt "$best" ]; then
      best=$version found=$home
    fi
  done
  [ -z "$noglob" ] || set -f
  if [ -z "$found" ]; then
    echo "jvisor needs a JDK of version 25 or newer and found none: install one under /usr/lib/jvm or set JAVA_HOME to it." >&2
    return 1
  fi
  JAVA_HOME=$found
  export JAVA_HOME
}

jvisor_find_jdk || exit 1
