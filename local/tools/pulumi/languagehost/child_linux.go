package main

import "syscall"

// A group of its own lets us end the child with all that it started. The death signal covers our own sudden end.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
