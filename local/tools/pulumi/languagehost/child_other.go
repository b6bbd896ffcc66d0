//go:build !linux

package main

import "syscall"

// A group of its own lets us end the child with all that it started.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
