# SPDX-License-Identifier: Apache-2.0
# bash completion for mitmx. What may stand where, the program itself knows: `mitmx complete`.
_mitmx() {
	local cur=${COMP_WORDS[COMP_CWORD]} candidate
	[ "$cur" != = ] || cur=
	COMPREPLY=()
	while IFS=$'\t' read -r candidate _; do
		case $candidate in
		:file | :folder | :program)
			compopt -o filenames
			local action=-f
			[ "$candidate" != :folder ] || action=-d
			[ "$candidate" != :program ] || action=-fc
			while read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen "$action" -- "$cur") ;;
		*=*) COMPREPLY+=("${candidate#*=}") ;; # bash has parted --level=must already
		*) COMPREPLY+=("$candidate") ;;
		esac
	done < <("${COMP_WORDS[0]/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -F _mitmx mitmx
