#!/bin/bash
#SBATCH --job-name=memory-hog
#SBATCH --mem=64M
#SBATCH --time=5
# Asks for 64 MB, takes 200 MB: the kernel ends it, and Stint says at which level and by how much.
echo "taking 200 MB with a limit of 64 MB"
python3 -c 'b = bytearray(200 * 1024 * 1024); print("this line is never printed", len(b))'
