"""The supervisor's text, part two: a task from its order to its result."""

from __future__ import annotations

__all__ = ["BEGIN", "SWEEP", "TASK", "TIDY"]

# The task itself, in a child: until `exec`, whatever fails makes a signal, and nothing of the task has run.
# An exec that fails runs the EXIT trap; not so in bash, which therefore looks at the file first.
TASK = r"""
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
  [ "$_pc_how" != bash ] || sleep 0.05 || sleep 1
  exit 127
}
_pc_task() {
  trap _pc_no EXIT
  exec 3>&- </dev/null
  if [ -n "$_pc_tees" ]; then exec >"$_pc_r/out"; else exec >"$_pc_r/log/$_pc_key"; fi
  unset PWD SHLVL
  set --
  _pc_ok= _pc_odd=
  . "$_pc_go.sh"
  [ -n "$_pc_ok" ] || exit 127
  _pc_name=${1-}
  [ "$#" -gt 0 ] && [ -n "$1" ] || exit 127
  if [ -z "${TMPDIR+x}" ]; then export TMPDIR="$_pc_r/scratch"; fi
  if [ -n "$_pc_odd" ]; then
    case $1 in *=*) exit 127 ;; esac
    _pc_find "$1" || exit 127
    _pc_odd "$@"
  fi
  case $_pc_how in
    bash) _pc_find "$1" || exit 127 ;;
    env) exec "$_pc_env" "$_pc_signals" "$_pc_sh" -c "$_pc_second" sh "$_pc_r" "$@" 2>&1 ;;
  esac
  case $1 in -*) exec -- "$@" 2>&1 ;; esac
  exec "$@" 2>&1
}
_pc_second='unset PWD
_pc_r=$1
shift
trap "{ printf %.200s \"\$1\" >\"\$_pc_r/why\"; } 2>/dev/null; kill -s USR2 1; exit 127" EXIT
case $1 in -*) exec -- "$@" ;; esac
exec "$@"'
"""

# Every process of the container but this, the fronts (whose parent is outside: 0), their children, and tee. Builtins only: a fork
# may fail here. Who was not there before is killed; after some rounds of new ones all are at once, which no fork outruns: sooner
# where there are many, for what they leave makes each round slower than the one before. A look in which nobody was seen is no
# proof if a process was made meanwhile (the last number that was given is in loadavg): one that forks and exits, again and again,
# is never there where one looks.
SWEEP = r"""
_pc_look() {
  _pc_fronts=' ' _pc_others= _pc_n=0 _pc_x= _pc_made=
  { read -r _pc_l _pc_l _pc_l _pc_l _pc_x </proc/loadavg; }
  for _pc_p in /proc/[0123456789]*; do
    _pc_p=${_pc_p#/proc/}
    case $_pc_p in 1 | "$_pc_tee") continue ;; esac
    _pc_l=
    { read -r _pc_l <"/proc/$_pc_p/stat"; }
    [ -n "$_pc_l" ] || continue
    _pc_n=$((_pc_n + 1))
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
  _pc_y=
  { read -r _pc_l _pc_l _pc_l _pc_l _pc_y </proc/loadavg; }
  [ "$_pc_x" = "$_pc_y" ] || _pc_made=$_pc_counts
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
    [ -n "$_pc_left$_pc_made" ] || return 0
    _pc_any=1
    if [ -n "$_pc_fresh$_pc_made" ]; then
      _pc_round=$((_pc_round + 1))
      if [ -z "$_pc_left" ] && [ "$_pc_round" -gt 30 ]; then return 0; fi
      if [ "$_pc_round" -gt 20 ] || { [ "$_pc_round" -gt 2 ] && [ "$_pc_n" -gt 300 ]; }; then kill -s KILL -- -1; fi
    else
      _pc_spin=$((_pc_spin + 1))
      if [ "$_pc_spin" -gt 50 ]; then sleep 0.05 || sleep 1; fi
      if [ "$_pc_spin" -gt 600 ]; then _pc_spent=1; return 0; fi
    fi
  done
}
"""

TIDY = r"""
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
# A signal that comes while a shell waits may cost an exit code: bash 5.2 then loses the status of a child that ends in that moment.
# So with bash nothing sends signals but the kubelet: children that end say what a signal says elsewhere (a reader of the FIFO, and
# a sleep), and `wait -n` hears them. dash and busybox have no `wait -n`, and lose nothing: a wait that may have been interrupted is
# repeated, and says the same code again for a child that was waited for, as long as no other was started since.
BEGIN = r"""
_pc_begin() {
  _pc_key=$_pc_gok _pc_waits=$_pc_gop _pc_stops= _pc_stopped= _pc_timed=
  _pc_failed= _pc_phase= _pc_timer= _pc_late= _pc_passed= _pc_due=
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
  _pc_woke=1 # whoever came just now may have thought that nothing runs, and sent no signal
  _pc_await
  _pc_pid=
  _pc_over
}
_pc_await_bash() {
  _pc_ear=
  while :; do
    while [ -n "$_pc_woke" ]; do _pc_woke=; _pc_attend; done
    if [ -z "$_pc_ear" ]; then
      ( trap - TERM INT QUIT; read -r _pc_x <&3 ) >/dev/null &
      _pc_ear=$!
    fi
    kill -s 0 "$_pc_pid" || break
    wait -n
    kill -s 0 "$_pc_pid" || break
    if ! kill -s 0 "$_pc_ear"; then _pc_ear= _pc_woke=1; fi
    if [ -n "$_pc_timer" ] && ! kill -s 0 "$_pc_timer"; then _pc_late=1 _pc_woke=1; fi
  done
  wait "$_pc_pid"
  _pc_code=$?
  case $_pc_code in -*) _pc_code=143 ;; esac
}
_pc_await() {
  if [ "$_pc_shell" = bash ]; then _pc_await_bash; return; fi
  while :; do
    while [ -n "$_pc_woke" ]; do _pc_woke=; _pc_attend; done
    wait "$_pc_pid"
    _pc_code=$?
    [ -n "$_pc_woke" ] && [ "$_pc_code" -gt 128 ] || break
    if ! kill -s 0 "$_pc_pid"; then
      wait "$_pc_pid"
      _pc_code=$?
      break
    fi
  done
}
_pc_over() {
  _pc_sweep
  if [ -n "$_pc_tee" ]; then
    # A task that was killed before it opened the pipe leaves tee waiting for one who does.
    _pc_opens=
    if [ ! -e "$_pc_r/log/$_pc_key" ] && [ -p "$_pc_r/out" ]; then
      ( exec 3>&-; : >"$_pc_r/out" ) &
      _pc_opens=$!
    fi
    kill -s CONT "$_pc_tee"
    while kill -s 0 "$_pc_tee"; do
      wait "$_pc_tee"
      [ "$?" -gt 128 ] || break
    done
    [ -z "$_pc_opens" ] || kill -s KILL "$_pc_opens"
    _pc_tee=
  fi
  _pc_tidy
  # Waiting for any command reaps what was left to this process; bash does so by itself.
  if [ -n "$_pc_any" ] && [ "$_pc_shell" != bash ]; then rm -f "$_pc_r/none"; fi
  _pc_now
  _pc_flags=-$_pc_timed$_pc_stopped${_pc_term:+k} _pc_why=
  if [ -n "$_pc_failed" ]; then
    case $_pc_code in
      127 | "$_pc_usr2")
        { read -r _pc_why <"$_pc_r/why"; printf '' >"$_pc_r/why"; }
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
    while [ -d "/proc/$_pc_p" ] && [ "$_pc_n" -lt 1030 ]; do
      _pc_n=$((_pc_n + 1))
      [ "$_pc_n" -le 1000 ] || sleep 0.1 || sleep 1
    done
  done
  exit "$1"
}
"""
