"""The supervisor's text, part one: what it finds when it starts, the clock, the fronts and their orders, signals and timers."""

from __future__ import annotations

__all__ = ["ATTEND", "CLOCK", "SCAN", "START", "TELL"]

# The last number in loadavg is that of this container's newest process, unless something between shows that of the whole machine.
# The fronts know the poke as descriptor 3, so nothing else may be there: not the pipe of a `...`, into which they would write.
START = r"""
exec 3</dev/null
_pc_r=$1 _pc_idle= _pc_pid= _pc_tee= _pc_term= _pc_woke= _pc_go= _pc_quit= _pc_spent= _pc_off= _pc_cal=
trap 'exit 0' TERM INT QUIT
_pc_unfit() {
  printf '%s\n' "$1" >&2
  mkdir -p "$_pc_r" 2>/dev/null
  { printf '%s\n' "$1" >"$_pc_r/unfit"; } 2>/dev/null
  # An order that came just now has looked for that file already.
  sleep 1
  for _pc_f in "$_pc_r"/front/*; do
    [ ! -p "$_pc_f" ] || { _pc_k=${_pc_f##*/}; printf '%s unfit %s\n' "${_pc_k%%.*}" "$1" 1<>"$_pc_f"; }
  done
  { mkfifo "$_pc_r/never"; } 2>/dev/null
  while [ -p "$_pc_r/never" ]; do read -r _pc_x <>"$_pc_r/never"; done
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
_pc_env=`command -v env`
_pc_sh=`command -v sh`
_pc_how=plain _pc_signals=
if env --default-signal=INT,QUIT true >/dev/null 2>&1; then _pc_how=env _pc_signals=--default-signal=INT,QUIT; fi
_pc_shell=posix
if [ -n "${BASH_VERSION-}" ]; then
  _pc_shell=bash _pc_how=bash
  set +o posix
fi
_pc_usr2=12
for _pc_x in 12 17 16; do
  case `kill -l "$_pc_x"` in *USR2) _pc_usr2=$_pc_x; break ;; esac
done
_pc_usr2=$((128 + _pc_usr2))
_pc_oomfile=
for _pc_x in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  if [ -r "$_pc_x" ]; then _pc_oomfile=$_pc_x; break; fi
done
_pc_counts=
sleep 0 &
_pc_x=$!
wait "$_pc_x"
{ read -r _pc_y _pc_y _pc_y _pc_y _pc_y </proc/loadavg; } 2>/dev/null
case ${_pc_y-} in
  '' | *[!0123456789]*) ;;
  *) [ "$_pc_y" -lt "$_pc_x" ] || [ "$_pc_y" -gt "$((_pc_x + 1000))" ] || _pc_counts=1 ;;
esac
exec 3<>"$_pc_r/poke"
"""

# The clock: the time the machine is up, which a shell reads without starting anything (_pc_m: alarms go by it, for nobody sets it),
# and now and then `date` for the difference.
CLOCK = r"""
_pc_now() {
  _pc_t=
  { read -r _pc_t _pc_x </proc/uptime; }
  _pc_t=${_pc_t%%.*}
  if [ -z "$_pc_t" ]; then _pc_t=`date +%s` _pc_m=$_pc_t; return; fi
  _pc_m=$_pc_t
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

# What is told to fronts. A pipe whose name a task removed is still to be had from the front that holds it; by then it may be
# that of the shell's next order, so every line says of which task it is, and a front hears no other.
TELL = r"""
_pc_tell() {
  kill -s CONT "$2"
  if [ -p "$1" ]; then printf '%s %s\n' "$3" "$4" 1<>"$1"
  elif [ -p "/proc/$2/fd/4" ]; then printf '%s %s\n' "$3" "$4" 1<>"/proc/$2/fd/4"
  fi
}
_pc_tell_all() {
  _pc_told=' '
  for _pc_f in "$_pc_r/front/$1".*; do
    _pc_p=${_pc_f##*.}
    case $_pc_p in '' | *[!0123456789]*) continue ;; esac
    _pc_told="$_pc_told$_pc_p "
    _pc_tell "$_pc_f" "$_pc_p" "$1" "$2"
  done
  for _pc_p in $_pc_waits; do
    case $_pc_told in *" $_pc_p "*) ;; *) _pc_tell "" "$_pc_p" "$1" "$2" ;; esac
  done
}
"""

# The orders that lie there; those of dead fronts are removed, but not the one that the task is being made of. Whatever is not a
# name that a front gave is not looked at: a name becomes part of a variable's.
SCAN = r"""
_pc_scan() {
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
    case $_pc_f in "$_pc_go" | "$_pc_go.sh") ;; *)
      if [ ! -d "/proc/$_pc_p" ]; then rm -rf "$_pc_f"; continue; fi
    esac
    case $_pc_f in *.sh) continue ;; esac
    eval "_pc_s=\${_pc_k_$_pc_k-}"
    case $_pc_v in
      run) _pc_want_run ;;
      ask) _pc_tell "$_pc_f" "$_pc_p" "$_pc_k" "${_pc_s:-absent}" ;;
      stop) _pc_want_stop ;;
      void) [ -n "$_pc_s" ] || _pc_never; _pc_tell "$_pc_f" "$_pc_p" "$_pc_k" "$_pc_s" ;;
      quit) _pc_quit=$_pc_p; [ -n "$_pc_pid" ] || _pc_tell "$_pc_f" "$_pc_p" "$_pc_k" "done" ;;
    esac
    if [ "$_pc_k" = "$_pc_key" ] && [ -n "$_pc_pid" ]; then
      case " $_pc_waits " in *" $_pc_p "*) ;; *) _pc_waits="$_pc_waits $_pc_p" ;; esac
    fi
  done
}
_pc_want_run() {
  if [ -n "$_pc_s" ]; then _pc_tell "$_pc_f" "$_pc_p" "$_pc_k" "$_pc_s"
  elif [ -n "$_pc_pid" ]; then _pc_busy "$_pc_key"
  elif [ -n "$_pc_go" ]; then [ "$_pc_gok" = "$_pc_k" ] || _pc_busy "$_pc_gok"
  elif [ -n "$_pc_spent" ]; then :
  elif [ -s "$_pc_f.sh" ]; then _pc_go=$_pc_f _pc_gok=$_pc_k _pc_gop=$_pc_p
  elif [ -f "$_pc_f.sh" ]; then _pc_tell "$_pc_f" "$_pc_p" "$_pc_k" "cut another task was running"
  fi
}
# A line that comes before the front has opened its pipe is lost; when it has, it pokes, and is told again.
_pc_busy() {
  if [ -s "$_pc_f.sh" ]; then printf '' >"$_pc_f.sh"; fi
  _pc_tell "$_pc_f" "$_pc_p" "$_pc_k" "busy $1"
}
_pc_never() {
  _pc_s=void
  eval "_pc_k_$_pc_k=void"
  if [ "$_pc_k" = "${_pc_gok-}" ]; then _pc_go=; fi
}
_pc_want_stop() {
  if [ -z "$_pc_s" ]; then _pc_never
  elif [ "$_pc_k" = "$_pc_key" ] && [ -n "$_pc_pid" ]; then
    case " $_pc_stops " in
      *" $_pc_p "*) return ;;
    esac
    _pc_stops="$_pc_stops $_pc_p"
    _pc_stopped=s
    case $_pc_a in *_*) _pc_a=${_pc_a%_*}.${_pc_a#*_} ;; esac
    _pc_end "$_pc_a"
  fi
  _pc_tell "$_pc_f" "$_pc_p" "$_pc_k" "$_pc_s"
}
"""

# TERM, and KILL after the grace; what is done in the midst of a task.
# Whoever sends a signal sends it again; only the kubelet does not.
ATTEND = r"""
_pc_alarm() {
  _pc_due=$((_pc_m + ${1%%.*}))
  [ -z "$_pc_timer" ] || kill -s KILL "$_pc_timer"
  if [ "$_pc_shell" = bash ]; then
    sleep "$1" 3>&- >/dev/null &
    _pc_timer=$!
    return
  fi
  (
    exec 3>&- >/dev/null
    sleep "$1" || sleep "$((${1%%.*} + 1))"
    while kill -s ALRM 1; do sleep 1; done
  ) &
  _pc_timer=$!
}
_pc_end() {
  _pc_now
  if [ -z "$_pc_phase" ]; then
    _pc_phase=term
    kill -s TERM "$_pc_pid"
  elif [ "$((_pc_m + ${1%%.*}))" -ge "$_pc_due" ]; then return
  fi
  _pc_alarm "$1"
}
_pc_attend() {
  if [ -n "$_pc_term" ] && [ -z "$_pc_passed" ]; then _pc_passed=1; kill -s "$_pc_term" "$_pc_pid"; fi
  _pc_now
  if [ -n "$_pc_due" ] && [ -n "$_pc_late" ]; then
    if [ "$_pc_m" -lt "$_pc_due" ]; then
      if [ "$_pc_shell" = bash ]; then _pc_alarm "$((_pc_due - _pc_m))"; fi # the others' alarms ring again by themselves
    elif [ -n "$_pc_phase" ]; then kill -s KILL "$_pc_pid"
    else _pc_timed=t; _pc_end "$_pc_grace"
    fi
  fi
  _pc_late=
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
trap '_pc_woke=1 _pc_failed=f' USR2
if [ "$_pc_shell" != bash ]; then
  trap '_pc_woke=1' USR1
  trap '_pc_woke=1 _pc_late=1' ALRM
fi
"""
