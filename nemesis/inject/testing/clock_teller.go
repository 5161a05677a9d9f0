// The same as clock_teller.cc, for a runtime that looks the kernel's functions up by itself. It has one way to ask for
// the wall clock, and one for the monotonic clock.
package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
	_ "unsafe"
)

//go:linkname nanotime runtime.nanotime
func nanotime() int64

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		wall := time.Now().UnixNano()
		fmt.Println(wall, wall, wall, nanotime(), nanotime())
	}
}
