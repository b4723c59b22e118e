"""
The shell programs of a warm pod, as texts.

The supervisor is the idle container's process 1. It starts every task as its own child, one at a time, and remembers in its own
variables which it took and how they ended: no task can kill it (the kernel sees to that), so none runs twice, whatever it removes.
A front is a `sh` that `pods/exec` starts beside it. It writes the task down, makes a FIFO for the answer, whose name is the order
(KEY.VERB.GRACE.PID), and pokes the supervisor; then it waits for lines. Nothing polls.

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

__all__ = ["FRONT", "MARK", "OUTPUT", "SUPERVISOR"]

#: What the supervisor is known by: the first line of its text, in its command line.
MARK = "# podcompose: keeps this pod warm"

_START = r"""
_pc_r=$1 _pc_idle= _pc_pid= _pc_tee= _pc_term= _pc_woke= _pc_go= _pc_quit= _pc_spent= _pc_off= _pc_cal=
_pc_here=`dirname / 2>/dev/null`
_pc_unfit() {
  printf '%s\n' "$1" >&2
  mkdir -p "$_pc_r" 2>/dev/null
  { printf '%s\n' "$1" >"$_pc_r/unfit"; } 2>/dev/null
  trap 'exit 0' TERM INT QUIT
  while :; do sleep 3600 & wait "$!"; done
}
if [ -e "$_pc_r/poke" ]; then
  printf '%s\n' "podcompose: another supervisor was here before; what it ran is not known any more" >&2
  exit 1
fi
for _pc_x in mkdir mkfifo rm cat sleep date; do
  command -v "$_pc_x" >/dev/null 2>&1 || _pc_unfit "there is no $_pc_x in the image"
done
[ "${$}" = 1 ] || _pc_unfit "the supervisor is not process 1: the pod's containers share their processes"
[ -r /proc/1/stat ] || _pc_unfit "there is no /proc"
mkdir -p "$_pc_r/front" "$_pc_r/log" "$_pc_r/scratch" && mkfifo "$_pc_r/out" "$_pc_r/poke" || _pc_unfit "cannot write in $_pc_r"
if command -v tee >/dev/null 2>&1; then _pc_tees=1; else _pc_tees=; fi
_pc_env=`export -p`
for _pc_x in HOME HOSTNAME SHELL TERM HOSTTYPE MACHTYPE OSTYPE; do
  case $_pc_env in
    *"export $_pc_x="* | *"declare -x $_pc_x="*) ;;
    *) unset "$_pc_x" ;;
  esac
done
_pc_env=
_pc_how=plain
if [ -z "${BASH_VERSION-}" ] && env --default-signal=INT,QUIT true >/dev/null 2>&1; then _pc_how=env; fi
if [ -n "${BASH_VERSION-}" ]; then _pc_how=bash; fi
_pc_oomfile=
for _pc_x in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  if [ -r "$_pc_x" ]; then _pc_oomfile=$_pc_x; break; fi
done
exec 3<>"$_pc_r/poke" 2>/dev/null
"""

# The clock: the time the machine is up, which a shell reads without starting anything, and now and then `date` for the difference.
_CLOCK = r"""
_pc_now() {
  _pc_t=
  { read -r _pc_t _pc_x </proc/uptime; }
  _pc_t=${_pc_t%%.*}
  if [ -z "$_pc_t" ]; then _pc_t=`date +%s`; return; fi
  if [ -z "$_pc_cal" ] || [ "$((_pc_t - _pc_cal))" -gt 60 ]; then
    _pc_x=`date +%s`
    _pc_cal=$_pc_t
    _pc_off=$((_pc_x - _pc_t))
  fi
  _pc_t=$((_pc_t + _pc_off))
}
_pc_ooms() {
  _pc_o=0
  [ -n "$_pc_oomfile" ] || return 0
  while read -r _pc_x _pc_y; do
    if [ "$_pc_x" = oom_kill ]; then _pc_o=$_pc_y; break; fi
  done <"$_pc_oomfile"
  case $_pc_o in '' | *[!0123456789]*) _pc_o=0 ;; esac
}
"""

# What is told to fronts. A pipe whose name a task removed is still to be had from the front that holds it.
_TELL = r"""
_pc_tell() {
  kill -s CONT "$2"
  if [ -p "$1" ]; then printf '%s\n' "$3" 1<>"$1"
  elif [ -p "/proc/$2/fd/4" ]; then printf '%s\n' "$3" 1<>"/proc/$2/fd/4"
  fi
}
_pc_tell_all() {
  _pc_told=' '
  for _pc_f in "$_pc_r/front/$1".*; do
    _pc_p=${_pc_f##*.}
    case $_pc_p in '' | *[!0123456789]*) continue ;; esac
    _pc_told="$_pc_told$_pc_p "
    _pc_tell "$_pc_f" "$_pc_p" "$2"
  done
  for _pc_p in $_pc_waits; do
    case $_pc_told in *" $_pc_p "*) ;; *) _pc_tell "" "$_pc_p" "$2" ;; esac
  done
}
"""

# The orders that lie there. Whatever is not a name that a front gave is not looked at: a name becomes part of a variable's.
_SCAN = r"""
_pc_scan() {
  _pc_stale=
  for _pc_f in "$_pc_r"/front/*; do
    _pc_n=${_pc_f##*/}
    _pc_n=${_pc_n%.sh}
    _pc_k=${_pc_n%%.*}
    _pc_n=${_pc_n#*.}
    _pc_v=${_pc_n%%.*}
    _pc_n=${_pc_n#*.}
    _pc_a=${_pc_n%%.*}
    _pc_p=${_pc_n#*.}
    case $_pc_k in '' | *[!abcdefghijklmnopqrstuvwxyz234567]*) continue ;; esac
    case $_pc_p in '' | *[!0123456789]*) continue ;; esac
    if [ ! -d "/proc/$_pc_p" ]; then _pc_stale=1; rm -rf "$_pc_f"; continue; fi
    case $_pc_f in *.sh) continue ;; esac
    eval "_pc_s=\${_pc_k_$_pc_k-}"
    case $_pc_v in
      run) _pc_want_run ;;
      ask) _pc_tell "$_pc_f" "$_pc_p" "${_pc_s:-absent}" ;;
      stop) _pc_want_stop ;;
      quit) _pc_quit=$_pc_p; [ -n "$_pc_pid" ] || _pc_tell "$_pc_f" "$_pc_p" "done" ;;
    esac
    if [ "$_pc_k" = "$_pc_key" ] && [ -n "$_pc_pid" ]; then
      case " $_pc_waits " in *" $_pc_p "*) ;; *) _pc_waits="$_pc_waits $_pc_p" ;; esac
    fi
  done
}
_pc_want_run() {
  if [ -n "$_pc_s" ]; then _pc_tell "$_pc_f" "$_pc_p" "$_pc_s"
  elif [ -z "$_pc_go$_pc_pid$_pc_spent" ] && [ -f "$_pc_f.sh" ]; then _pc_go=$_pc_f _pc_gok=$_pc_k _pc_gop=$_pc_p
  fi
}
_pc_want_stop() {
  if [ -z "$_pc_s" ]; then
    _pc_s=void
    eval "_pc_k_$_pc_k=void"
    if [ "$_pc_k" = "${_pc_gok-}" ]; then _pc_go=; fi
  elif [ "$_pc_k" = "$_pc_key" ] && [ -n "$_pc_pid" ]; then
    case " $_pc_stops " in
      *" $_pc_p "*) return ;;
    esac
    _pc_stops="$_pc_stops $_pc_p"
    _pc_stopped=s
    case $_pc_a in *_*) _pc_a=${_pc_a%_*}.${_pc_a#*_} ;; esac
    _pc_end "$_pc_a"
  fi
  _pc_tell "$_pc_f" "$_pc_p" "$_pc_s"
}
"""

# TERM, and KILL after the grace; what has to be done in the midst of a task. Whoever sends a signal sends it again, but the kubelet.
_ATTEND = r"""
_pc_alarm() {
  [ -z "$_pc_timer" ] || kill -s KILL "$_pc_timer"
  (
    exec 3>&- >/dev/null
    sleep "$1" || sleep "$((${1%%.*} + 1))"
    while kill -s ALRM 1; do sleep 1; done
  ) &
  _pc_timer=$!
}
_pc_end() {
  if [ -z "$_pc_phase" ]; then kill -s TERM "$_pc_pid"; fi
  _pc_phase=term
  _pc_alarm "$1"
}
_pc_attend() {
  if [ -n "$_pc_term" ] && [ -z "$_pc_passed" ]; then _pc_passed=1; kill -s "$_pc_term" "$_pc_pid"; fi
  if [ -n "$_pc_late" ]; then
    _pc_late=
    if [ -n "$_pc_phase" ]; then kill -s KILL "$_pc_pid"
    elif [ -n "$_pc_timer" ]; then _pc_timed=t; _pc_end "$_pc_grace"
    fi
  fi
  _pc_scan
}
_pc_on() {
  [ -z "$_pc_idle" ] || exit 0
  _pc_term=$1 _pc_woke=1
  if [ -n "$_pc_pid" ]; then _pc_passed=1; kill -s "$1" "$_pc_pid"; fi
}
trap '_pc_on TERM' TERM
trap '_pc_on INT' INT
trap '_pc_on QUIT' QUIT
trap '_pc_woke=1' USR1
trap '_pc_woke=1 _pc_failed=f' USR2
trap '_pc_woke=1 _pc_late=1' ALRM
"""

# The task itself, in a child: until `exec`, whatever fails makes a signal, and nothing of the task has run.
# dash forgets a failed exec by its EXIT trap; bash does not run that trap then, so bash looks at the file first.
_TASK = r"""
_pc_find() {
  _pc_file=
  case $1 in
    */*) [ ! -f "$1" ] || [ ! -x "$1" ] || _pc_file=$1 ;;
    ?*)
      _pc_path=$PATH:
      while [ -n "$_pc_path" ]; do
        _pc_d=${_pc_path%%:*}
        _pc_path=${_pc_path#*:}
        if [ -f "${_pc_d:-.}/$1" ] && [ -x "${_pc_d:-.}/$1" ]; then _pc_file=${_pc_d:-.}/$1; break; fi
      done
      ;;
  esac
  [ -n "$_pc_file" ] || return 1
  [ "$_pc_how" = bash ] || return 0
  _pc_x=
  LC_ALL=C read -r -n 2 _pc_x <"$_pc_file"
  [ "$_pc_x" = '#!' ] || return 0
  read -r _pc_x <"$_pc_file"
  _pc_x=${_pc_x#??}
  while :; do case $_pc_x in ' '* | '	'*) _pc_x=${_pc_x#?} ;; *) break ;; esac; done
  [ -x "${_pc_x%%[ 	]*}" ]
}
_pc_no() {
  { printf '%.200s' "${_pc_name-}" >"$_pc_r/why"; }
  kill -s USR2 1
}
_pc_task() {
  trap _pc_no EXIT
  exec 3>&- </dev/null
  if [ -n "$_pc_tees" ]; then exec >"$_pc_r/out"; else exec >"$_pc_r/log/$_pc_key"; fi
  unset PWD SHLVL
  set --
  _pc_ok=
  . "$_pc_go.sh"
  [ -n "$_pc_ok" ] || exit 127
  _pc_name=${1-}
  [ "$#" -gt 0 ] && [ -n "$1" ] || exit 127
  if [ -z "${TMPDIR+x}" ]; then export TMPDIR="$_pc_r/scratch"; fi
  if [ -n "$_pc_odd" ]; then
    _pc_find "$1" || exit 127
    case $1 in *=*) exit 127 ;; esac
    if [ "$_pc_how" = env ]; then _pc_odd env --default-signal=INT,QUIT -- "$@"; else _pc_odd env -- "$@"; fi
  fi
  case $_pc_how in
    bash) _pc_find "$1" || exit 127 ;;
    env) exec env --default-signal=INT,QUIT /proc/1/exe -c "$_pc_second" "$_pc_r" "$@" 2>&1 ;;
  esac
  case $1 in -*) exec -- "$@" 2>&1 ;; esac
  exec "$@" 2>&1
}
_pc_second='unset PWD
trap "{ printf %.200s \"\$1\" >\"\$0/why\"; } 2>/dev/null; kill -s USR2 1" EXIT
case $1 in -*) exec -- "$@" ;; esac
exec "$@"'
"""

# Every process of the container but this, the fronts (whose parent is outside: 0), their children, and tee. Builtins only: a fork
# may fail here. Who was not there before is killed; after some rounds of new ones all are at once, which no fork outruns.
_SWEEP = r"""
_pc_look() {
  _pc_fronts=' ' _pc_others=
  for _pc_p in /proc/[0123456789]*; do
    _pc_p=${_pc_p#/proc/}
    case $_pc_p in 1 | "$_pc_tee") continue ;; esac
    _pc_l=
    { read -r _pc_l <"/proc/$_pc_p/stat"; }
    [ -n "$_pc_l" ] || continue
    _pc_l=${_pc_l##*) }
    set -- $_pc_l
    case $1 in
      Z) [ "${18:-1}" -gt 1 ] || continue ;;
      X) continue ;;
    esac
    if [ "${2-}" = 0 ]; then
      _pc_fronts="$_pc_fronts$_pc_p "
      case $1 in T | t) kill -s CONT "$_pc_p" ;; esac
    else _pc_others="$_pc_others $_pc_p:${2-}"
    fi
  done
}
_pc_sweep() {
  _pc_dead=' ' _pc_round=0 _pc_spin=0 _pc_any=
  while :; do
    _pc_look
    _pc_left= _pc_fresh=
    for _pc_l in $_pc_others; do
      case $_pc_fronts in *" ${_pc_l#*:} "*) continue ;; esac
      _pc_p=${_pc_l%:*}
      _pc_left=1
      case $_pc_dead in *" $_pc_p "*) continue ;; esac
      _pc_fresh=1
      _pc_dead="$_pc_dead$_pc_p "
      kill -s KILL "$_pc_p"
    done
    [ -n "$_pc_left" ] || return 0
    _pc_any=1
    if [ -n "$_pc_fresh" ]; then
      _pc_round=$((_pc_round + 1))
      if [ "$_pc_round" -gt 20 ]; then kill -s KILL -- -1; fi
    else
      _pc_spin=$((_pc_spin + 1))
      if [ "$_pc_spin" -gt 50 ]; then sleep 0.05 || sleep 1; fi
      if [ "$_pc_spin" -gt 600 ]; then _pc_spent=1; return 0; fi
    fi
  done
}
"""

_TIDY = r"""
_pc_clean() {
  [ -d "$_pc_r/scratch" ] && [ ! -h "$_pc_r/scratch" ] && [ -r "$_pc_r/scratch" ] && [ -w "$_pc_r/scratch" ] &&
    [ -x "$_pc_r/scratch" ] || return 1
  for _pc_f in "$_pc_r"/scratch/* "$_pc_r"/scratch/.[!.]* "$_pc_r"/scratch/..?*; do
    if [ -e "$_pc_f" ] || [ -h "$_pc_f" ]; then return 1; fi
  done
}
_pc_tidy() {
  if ! _pc_clean; then
    if ! rm -rf "$_pc_r/scratch"; then
      [ -h "$_pc_r/scratch" ] || chmod -R u+rwx "$_pc_r/scratch"
      rm -rf "$_pc_r/scratch"
    fi
    mkdir -p "$_pc_r/scratch"
    _pc_any=
  fi
  if [ ! -d "$_pc_r/front" ] || [ ! -d "$_pc_r/log" ]; then mkdir -p "$_pc_r/front" "$_pc_r/log"; fi
  if [ ! -p "$_pc_r/out" ]; then rm -rf "$_pc_r/out"; mkfifo "$_pc_r/out"; fi
  if [ ! "$_pc_r/poke" -ef /proc/1/fd/3 ]; then
    rm -rf "$_pc_r/poke"
    if mkfifo "$_pc_r/poke"; then exec 3<>"$_pc_r/poke"; fi
  fi
}
"""

# One task, from the order to its result.
_BEGIN = r"""
_pc_begin() {
  _pc_key=$_pc_gok _pc_waits=$_pc_gop _pc_stops= _pc_stopped= _pc_timed= _pc_failed= _pc_phase= _pc_timer= _pc_late= _pc_passed=
  _pc_deadline=- _pc_grace=30 _pc_forget=
  { read -r _pc_x _pc_deadline _pc_grace _pc_forget <"$_pc_go.sh"; }
  { printf 1 >"$_pc_r/busy"; }
  _pc_old=
  for _pc_k in $_pc_forget; do
    [ ! -e "$_pc_r/log/$_pc_k" ] || _pc_old="$_pc_old $_pc_k"
  done
  [ -z "$_pc_old" ] || ( cd "$_pc_r/log" && exec rm -rf $_pc_old )
  _pc_now
  _pc_began=$_pc_t
  _pc_ooms
  _pc_before=$_pc_o
  eval "_pc_k_$_pc_key='running $_pc_began'"
  if [ -n "$_pc_tees" ]; then
    tee "$_pc_r/log/$_pc_key" <"$_pc_r/out" 3>&- &
    _pc_tee=$!
  fi
  _pc_task &
  _pc_pid=$!
  _pc_tell_all "$_pc_key" "running $_pc_began"
  case $_pc_deadline in '' | -) ;; *) _pc_alarm "$_pc_deadline" ;; esac
  _pc_await
  _pc_pid=
  _pc_over
}
_pc_await() {
  while :; do
    while [ -n "$_pc_woke" ]; do _pc_woke=; _pc_attend; done
    wait "$_pc_pid"
    _pc_code=$?
    [ -n "$_pc_woke" ] && [ "$_pc_code" -gt 128 ] || break
    if ! kill -s 0 "$_pc_pid"; then
      wait "$_pc_pid"
      _pc_x=$?
      [ "$_pc_x" = 127 ] || _pc_code=$_pc_x
      break
    fi
  done
}
_pc_over() {
  _pc_sweep
  if [ -n "$_pc_tee" ]; then
    kill -s CONT "$_pc_tee"
    while kill -s 0 "$_pc_tee"; do wait "$_pc_tee"; done
    _pc_tee=
  fi
  _pc_tidy
  if [ -n "$_pc_any" ]; then rm -f "$_pc_r/why"; fi
  _pc_now
  _pc_flags=-$_pc_timed$_pc_stopped _pc_why=
  if [ -n "$_pc_failed" ]; then
    case $_pc_code in
      1 | 2 | 126 | 127)
        { read -r _pc_why <"$_pc_r/why"; }
        _pc_code=128 _pc_flags=${_pc_flags}f
        ;;
    esac
  fi
  if [ "$_pc_code" != 0 ]; then
    _pc_ooms
    if [ "$_pc_o" -gt "$_pc_before" ]; then _pc_flags=${_pc_flags}o; fi
  fi
  _pc_s="ended $_pc_code $_pc_flags $_pc_began $_pc_t $_pc_why"
  _pc_quoted=
  while :; do
    case $_pc_s in
      *\'*) _pc_quoted=$_pc_quoted${_pc_s%%\'*}\'\\\'\' _pc_s=${_pc_s#*\'} ;;
      *) break ;;
    esac
  done
  eval "_pc_k_$_pc_key='$_pc_quoted$_pc_s'"
  eval "_pc_s=\$_pc_k_$_pc_key"
  for _pc_f in "$_pc_r/front/$_pc_key".*.sh; do
    if [ -f "$_pc_f" ]; then printf '' >"$_pc_f"; fi
  done
  { printf '' >"$_pc_r/busy"; }
  if [ -w /dev/termination-log ]; then printf 'podcompose %s %s\n' "$_pc_key" "$_pc_s" >/dev/termination-log; fi
  _pc_tell_all "$_pc_key" "$_pc_s"
  [ -z "$_pc_term$_pc_spent" ] || _pc_leave "$_pc_code"
}
_pc_leave() {
  _pc_n=0
  for _pc_p in $_pc_waits $_pc_quit; do
    while [ -d "/proc/$_pc_p" ] && [ "$_pc_n" -lt 30 ]; do
      _pc_n=$((_pc_n + 1))
      sleep 0.1 || sleep 1
    done
  done
  exit "$1"
}
"""

_LOOP = r"""
exec 2>/dev/null
_pc_key= _pc_waits=
while :; do
  while _pc_go= _pc_gok=; _pc_scan; [ -n "$_pc_go" ]; do _pc_begin; done
  [ -z "$_pc_quit" ] || _pc_leave 0
  [ -z "$_pc_term" ] || exit 0
  _pc_idle=1
  read -r _pc_x <&3
  _pc_idle=
done
"""

#: What the idle container runs, with the root folder as its argument.
SUPERVISOR = MARK + "".join(
    (_START, _CLOCK, _TELL, _SCAN, _ATTEND, _TASK, _SWEEP, _TIDY, _BEGIN, _LOOP)
)

#: What is fed to a front, after its variables: _pc_r the root, _pc_k the key, _pc_v the verb, _pc_a the grace, _pc_w the task's text.
FRONT = r"""
_pc_say() {
  printf 'podcompose %s\n' "$1"
  exit 0
}
if [ -f "$_pc_r/unfit" ]; then
  read -r _pc_x <"$_pc_r/unfit"
  _pc_say "unfit $_pc_x"
fi
read -r _pc_x </proc/1/cmdline 2>/dev/null
case $_pc_x in
  *podcompose*) ;;
  *) _pc_say "unfit process 1 is not podcompose's supervisor: the pod's containers share their processes, or there is no /proc" ;;
esac
command -v mkfifo >/dev/null 2>&1 || _pc_say "unfit there is no mkfifo in the image"
if [ ! -d "$_pc_r/front" ]; then mkdir -p "$_pc_r/front" 2>/dev/null </dev/null || _pc_say "unfit cannot write in $_pc_r"; fi
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
  { rm -f "$_pc_f.sh" </dev/null; _pc_say "cut cannot make a FIFO in $_pc_r"; }
exec 4<>"$_pc_f"
if [ -p "$_pc_r/poke" ]; then printf '\n' 1<>"$_pc_r/poke"; fi
if [ "$_pc_v" != run ] || [ -s "$_pc_r/busy" ] || [ ! -p "$_pc_r/poke" ]; then kill -s USR1 1; fi
_pc_t=
if [ "$_pc_v" = stop ]; then
  ( exec 4>&- >/dev/null 2>&1 </dev/null; while sleep 1 && [ -d "/proc/${$}" ]; do kill -s USR1 1; done ) &
  _pc_t=$!
fi
while read -r _pc_x <&4; do
  if [ -n "$_pc_full" ] && [ "$_pc_x" = absent ]; then _pc_x="unfit no space for a task in $_pc_r"; fi
  printf 'podcompose %s\n' "$_pc_x" || break
  case $_pc_x in running*) ;; *) break ;; esac
done
[ -z "$_pc_t" ] || kill -s KILL "$_pc_t" 2>/dev/null
rm -f "$_pc_f" "$_pc_f.sh" </dev/null
exit 0
"""

#: Prints what a task wrote so far.
OUTPUT = r"""
if [ -f "$_pc_r/log/$_pc_k" ]; then cat "$_pc_r/log/$_pc_k" </dev/null; fi
exit 0
"""
