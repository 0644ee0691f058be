# SPDX-License-Identifier: Apache-2.0
# fish completion for mitmx. What may stand where, the program itself knows: `mitmx complete`.
function __mitmx_complete
	set -l words (commandline -opc) (commandline -ct)
	for line in ($words[1] complete -- $words[2..-1] 2> /dev/null)
		switch $line
			case :file :folder
				__fish_complete_path (commandline -ct)
			case :program
				__fish_complete_subcommand --fcs-skip=(math (contains -i -- -- $words))
			case '*'
				echo $line
		end
	end
end
complete -c mitmx -f -a '(__mitmx_complete)'
