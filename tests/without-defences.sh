#!/usr/bin/env bash
# Takes one defence away after the other, each in a copy of the committed tree, and runs the test
# that SECURITY.md names for it. A test that still passes is none: then this fails. By hand, as each
# takes a build. With `--check` it only looks whether each defence is still where it is taken from.
#
#   tests/without-defences.sh [--check | NAME…]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/vesicle/target}

# name | file | what stands there | what takes its place | arguments of `cargo test` | the test
defences() {
  cat <<'END'
memory | host/sandbox/src/guest/memory.rs | let allowed = growth <= self.bytes_max - self.bytes; | let allowed = growth <= usize::MAX - self.bytes; | --test sandbox | limits::memory_ends_where_the_profile_says
cpu-time | host/sandbox/src/pacing.rs | self.cpu_time.is_some_and(\|most\| cpu_time >= most) | self.cpu_time.is_some_and(\|_\| false) | --test sandbox | limits::cpu::cpu_time_ends_what_computes
host-calls | host/sandbox/src/guest/budget.rs | if self.calls >= self.calls_max { | if self.calls == u64::MAX { | --test sandbox | limits::calls::calls_are_counted
coarse-clock | host/sandbox/src/guest/clock.rs | Duration::from_micros(100) | Duration::from_nanos(1) | --test sandbox | globals::performance_now_is_monotonic_and_coarse
file-rights | host/sandbox/src/files/preopens.rs | Access::Read => Err(ErrorCode::ReadOnly), | Access::Read => Ok(()), | --test attacks | programs::file_system
file-quota | host/sandbox/src/files/account.rs | \|total\| *total <= max | \|total\| *total <= max.max(u64::MAX) | --test sandbox | files::quotas::more_bytes_than_the_quota
network-grant | host/sandbox/src/network/host.rs | Host::Domain(asked)) => name == asked, | Host::Domain(asked)) => name.len() < 1000 \|\| asked == name, | --test sandbox | network::refusals::with_a_grant_the_rest_is_still_refused
network-address | host/sandbox/src/network/host.rs | address::refused(address).map_or(Ok(()), Err) | Ok(()) | --test sandbox | network::addresses::a_granted_name_that_leads_inside_is_refused
network-secret | host/sandbox/src/network/transport.rs | if header.host.allows(target) { | if header.host.is_one() { | --test sandbox | network::secrets::a_secret_goes_to_its_host_and_is_never_seen
state-of-others | host/server/src/state/store.rs | "SELECT value FROM state\n         WHERE session = ?1 AND | "SELECT value FROM state\n         WHERE ?1 = ?1 AND | --lib | state::tests::values_outlive_whoever_kept_them_and_sessions_do_not_see_each_other
audit-chain | host/server/src/audit/verify.rs | line.prev != self.before?.hash | line.prev != line.prev | --lib | audit::tests::tampering_is_found_where_it_was_done
oauth-audience | host/server/src/accounts/oauth/check.rs | validation.set_audience(audiences); | validation.validate_aud = audiences.is_empty(); | --lib | accounts::oauth::tests::what_a_token_claims_must_be_right
lockdown-files | host/server/src/lockdown/files.rs | path_beneath_rules(&paths.read, look) | path_beneath_rules(&paths.read, writing()) | --lib | lockdown::files::tests::what_was_not_named_is_out_of_reach
secrets | host/server/src/secrets/redact.rs | let is_found = self.forms.is_match(text); | let is_found = false; | --lib | secrets::redact::tests::secrets_are_named_in_texts_and_the_longest_counts
END
}

replace() {
  python3 - "$@" <<'END'
import sys
file, old, new = sys.argv[1:]
old, new = (text.replace("\\|", "|").replace("\\n", "\n") for text in (old, new))
text = open(file).read()
if text.count(old) != 1:
    sys.exit(f"{file} has {text.count(old)} times: {old}")
open(file, "w").write(text.replace(old, new))
END
}

copy=$(mktemp -d)
trap 'git -C "$root" worktree remove --force "$copy/tree"; rm -r "$copy"' EXIT
git -C "$root" worktree add --quiet --detach "$copy/tree" HEAD
cd "$copy/tree"

wrong=0
while IFS= read -r line; do
  # `\|` belongs to the code.
  mapfile -t part < <(sed 's/ | /\n/g' <<<"$line")
  name=${part[0]}
  if [ $# -gt 0 ] && [ "$1" != --check ] && [[ " $* " != *" $name "* ]]; then continue; fi
  replace "${part[1]}" "${part[2]}" "${part[3]}"
  if [ "${1:-}" != --check ]; then
    status=0
    # shellcheck disable=SC2086 # the arguments are several words
    output=$(cargo test --locked --workspace ${part[4]} -- --exact "${part[5]}" 2>&1 </dev/null) || status=$?
    if [ "$status" != 0 ] && grep -q "^test ${part[5]} \.\.\. FAILED" <<<"$output"; then
      echo "$name: without it, ${part[5]} fails"
    else
      echo "$name: without it, ${part[5]} DOES NOT FAIL" >&2
      tail -n 20 <<<"$output" >&2
      wrong=1
    fi
  fi
  git checkout --quiet .
done < <(defences)
exit "$wrong"
