package main

import (
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// openLoop starts calls at moments that are settled beforehand, however long the calls before them
// take, and measures each from that moment: what had to wait because the server was late counts as
// late itself.
type openLoop struct {
	options   *options
	connected chan<- struct{}
	mutex     sync.Mutex
	waiting   map[*connection][]time.Time
	from      time.Time
	latencies []time.Duration
}

func (w *openLoop) ready(*connection)             { w.connected <- struct{}{} }
func (w *openLoop) received(*connection, *stream) {}

func (w *openLoop) ended(c *connection, s *stream) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !s.due.Before(w.from) {
		w.latencies = append(w.latencies, time.Since(s.due))
	}
	if queue := w.waiting[c]; len(queue) > 0 {
		w.waiting[c] = queue[1:]
		c.send(c.open(queue[0]), w.options.body, true)
	}
}

// start starts a call, or lets it wait while the server takes no more.
func (w *openLoop) start(c *connection, due time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if uint32(len(c.streams)) >= c.maxCalls {
		w.mutex.Lock()
		w.waiting[c] = append(w.waiting[c], due)
		w.mutex.Unlock()
		return
	}
	c.send(c.open(due), w.options.body, true)
	c.writer.Flush()
}

// pace starts calls until the time is over, then waits for those that are still out.
func (w *openLoop) pace(connections []*connection) {
	// Go's own timers come up to a millisecond late; the kernel's, asked by a thread, do not.
	runtime.LockOSThread()
	interval := float64(time.Second) / w.options.rate
	start := time.Now()
	w.from = start.Add(w.options.warmUp)
	end := w.from.Add(w.options.duration)
	due := start
	for i := 0; due.Before(end); i++ {
		due = start.Add(time.Duration(float64(i) * interval))
		if wait := time.Until(due); wait > 0 {
			timespec := syscall.NsecToTimespec(int64(wait))
			syscall.Nanosleep(&timespec, nil)
		}
		w.start(connections[i%len(connections)], due)
	}
	for bound := time.Now().Add(3 * time.Second); w.open(connections) > 0 && time.Now().Before(bound); {
		time.Sleep(time.Millisecond)
	}
}

// open is how many calls have no answer yet.
func (w *openLoop) open(connections []*connection) (count int) {
	for _, c := range connections {
		c.mutex.Lock()
		count += len(c.streams)
		c.mutex.Unlock()
	}
	return count
}

// percentile in microseconds.
func (w *openLoop) percentile(share float64) int64 {
	if len(w.latencies) == 0 {
		return 0
	}
	slices.Sort(w.latencies)
	index := min(int(float64(len(w.latencies))*share), len(w.latencies)-1)
	return w.latencies[index].Microseconds()
}
