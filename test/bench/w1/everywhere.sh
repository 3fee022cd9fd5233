# Runs `ssh HOST sh -s` on many hosts side by side, for the floors: `everywhere.sh CONFIG SCRIPT FOLDER HOST…`.
# Puts what each host printed into FOLDER; fails if one does.
config=$1 script=$2 folder=$3
shift 3
started=
for host; do
  ssh -F "$config" "$host" sh -s <"$script" >"$folder/$host" &
  started="$started $!"
done
code=0
for one in $started; do wait "$one" || code=1; done
exit $code
