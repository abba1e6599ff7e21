// Package tools pins the programs that build and check unoxuno, apart from the program's own dependencies.
package tools
