"""
The shell programs of a warm pod, as texts.

The supervisor is the idle container's process 1. It starts every task as its own child, one at a time, and remembers in its own
variables which it took and how they ended: no task can kill it (the kernel sees to that), so none runs twice, whatever it removes.
A front is a `sh` that `pods/exec` starts beside it. It writes the task down, makes a FIFO for the answer, whose name is the order
(KEY.VERB.GRACE.PID), and pokes the supervisor; then it waits for lines. Nothing polls. The order of a task while another runs is
not kept: the front is told which ("busy"), and who sent it sees to it. What a front itself finds missing a task may have taken
away that runs already: it is "unsure" then, and not "unfit".

    ROOT/front/  the fronts' FIFOs, and beside each the task it brings: KEY.run.-.PID, KEY.run.-.PID.sh
    ROOT/log/    what each task wrote
    ROOT/scratch the task's TMPDIR, emptied after it
    ROOT/poke    a line in it: look at the fronts. In the midst of a task SIGUSR1 says the same
    ROOT/out     from the task to tee, which writes the log and the container's own output
    ROOT/busy    not empty while a task runs
    ROOT/unfit   why no task can run here

A pod's command is expanded by the kubelet, so the supervisor's text has no `$` before `$` or `(`.
"""

from __future__ import annotations

from podcompose.run.warm.shell.minding import ATTEND, CLOCK, SCAN, START, TELL
from podcompose.run.warm.shell.running import BEGIN, SWEEP, TASK, TIDY

__all__ = ["FRONT", "MARK", "OUTPUT", "SUPERVISOR"]

#: What the supervisor is known by: the first line of its text, in its command line.
MARK = "# podcompose: keeps this pod warm"

_LOOP = r"""
exec 2>/dev/null
_pc_key= _pc_waits=
while :; do
  while _pc_go= _pc_gok=; _pc_scan; [ -n "$_pc_go" ]; do _pc_begin; done
  [ -z "$_pc_quit" ] || _pc_leave 0
  _pc_idle=1
  [ -z "$_pc_term" ] || exit 0
  read -r _pc_x <&3
  _pc_idle=
done
"""

#: What the idle container runs, with the root folder as its argument.
SUPERVISOR = MARK + "".join((START, CLOCK, TELL, SCAN, ATTEND, TASK, SWEEP, TIDY, BEGIN, _LOOP))

#: What is fed to a front, after its variables: _pc_r the root, _pc_k the key, _pc_v the verb, _pc_a the grace, _pc_w the task.
FRONT = r"""
_pc_say() { printf 'podcompose %s %s\n' "$_pc_k" "$1"; }
_pc_poke() {
  if [ "$_pc_v" != run ] || [ -s "$_pc_r/busy" ] || [ ! -p "$_pc_r/poke" ]; then kill -s USR1 1; fi
  if [ -p /proc/1/fd/3 ]; then printf '\n' 1<>/proc/1/fd/3
  elif [ -p "$_pc_r/poke" ]; then printf '\n' 1<>"$_pc_r/poke"
  fi
}
_pc_front() {
  if [ -f "$_pc_r/unfit" ]; then
    read -r _pc_x <"$_pc_r/unfit"
    _pc_say "unfit $_pc_x"
    return
  fi
  _pc_x=
  read -r _pc_x </proc/1/cmdline 2>/dev/null
  case $_pc_x in
    *podcompose*) ;;
    *)
      _pc_say "unsure process 1 is not podcompose's supervisor: the pod's containers share their processes, or there is no /proc"
      return
      ;;
  esac
  command -v mkfifo >/dev/null 2>&1 || { _pc_say "unsure there is no mkfifo in the image"; return; }
  if [ ! -d "$_pc_r/front" ]; then
    mkdir -p "$_pc_r/front" 2>/dev/null </dev/null || { _pc_say "unsure cannot write in $_pc_r"; return; }
  fi
  _pc_full=
  _pc_f=$_pc_r/front/$_pc_k.$_pc_v.$_pc_a.${$}
  if [ "$_pc_v" = run ] && ! printf '%s' "$_pc_w" >"$_pc_f.sh"; then
    rm -f "$_pc_f.sh" </dev/null
    _pc_full=1
    _pc_f=$_pc_r/front/$_pc_k.ask.$_pc_a.${$}
  fi
  _pc_w=
  mkfifo "$_pc_f" 2>/dev/null </dev/null ||
    { rm -rf "$_pc_f" </dev/null; mkfifo "$_pc_f" </dev/null; } ||
    { rm -f "$_pc_f.sh" </dev/null; _pc_say "cut cannot make a FIFO in $_pc_r"; return; }
  exec 4<>"$_pc_f"
  _pc_poke
  # A signal may be lost between two looks, and a task may take the pipe away; one who is idle needs none of this.
  _pc_t=
  if [ "$_pc_v" = stop ] || [ -s "$_pc_r/busy" ]; then
    (
      exec >/dev/null 2>&1 </dev/null
      while sleep 1 && [ -d "/proc/${$}" ]; do
        _pc_poke
        [ -p "$_pc_f" ] || printf '%s cut the pipe was taken away\n' "$_pc_k" >&4
      done
    ) &
    _pc_t=$!
  fi
  _pc_y=
  while read -r _pc_y _pc_x <&4; do
    [ "$_pc_y" = "$_pc_k" ] || continue
    if [ "$_pc_v" != stop ] && [ -n "$_pc_t" ]; then
      kill -s KILL "$_pc_t" 2>/dev/null
      _pc_t=
    fi
    if [ -n "$_pc_full" ] && [ "$_pc_x" = absent ]; then _pc_x="unfit no space for a task in $_pc_r"; fi
    _pc_say "$_pc_x" || exit 0
    case $_pc_x in running*) ;; *) _pc_y=.; break ;; esac
  done
  [ "$_pc_y" = . ] || _pc_say "cut the pipe was taken away"
  exec 4>&-
  [ -z "$_pc_t" ] || kill -s KILL "$_pc_t" 2>/dev/null
  rm -f "$_pc_f" "$_pc_f.sh" </dev/null
}
_pc_front
"""

#: Prints what a task wrote so far.
OUTPUT = r"""
if [ -f "$_pc_r/log/$_pc_k" ]; then cat "$_pc_r/log/$_pc_k" </dev/null; fi
exit 0
"""
