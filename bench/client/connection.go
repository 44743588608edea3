package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	receiveWindow  = 1<<30 - 1
	initialWindow  = 65535
	frameBytes     = 16384
	prefixBytes    = 5
	unlimitedCalls = 1 << 30
)

// A workload says what to do with a connection. Its methods are called with the connection locked,
// and what they write is flushed when nothing more is there to be read.
type workload interface {
	// ready is called once, when the server's settings have come.
	ready(*connection)
	// received is called for each whole message.
	received(*connection, *stream)
	// ended is called when the server has ended a call.
	ended(*connection, *stream)
}

// connection is one HTTP/2 connection on raw frames.
type connection struct {
	mutex    sync.Mutex
	options  *options
	work     workload
	socket   net.Conn
	reader   *bufio.Reader
	writer   *bufio.Writer
	framer   *http2.Framer
	encoder  *hpack.Encoder
	decoder  *hpack.Decoder
	block    bytes.Buffer
	repeated []byte
	status   string
	streams  map[uint32]*stream
	nextID   uint32
	maxCalls uint32
	isReady  bool
	// What may be sent on the connection, and on each new stream.
	window, streamWindow int64
	consumed             uint32
	messages, calls      atomic.Int64
	failures             atomic.Int64
}

// stream is one call.
type stream struct {
	id     uint32
	window int64
	// What waits for the windows, and whether the request ends behind it.
	pending []byte
	ends    bool
	// Of the message that is being read: its prefix, how much of that is there, and what is missing.
	prefix  [prefixBytes]byte
	have    int
	missing int
	// For the workload.
	sent, got int
	due       time.Time
}

func dial(options *options, work workload, bufferBytes int) (*connection, error) {
	socket, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", options.port))
	if err != nil {
		return nil, err
	}
	if options.tls != nil {
		secure := tls.Client(socket, options.tls)
		if err := secure.Handshake(); err != nil {
			return nil, err
		}
		socket = secure
	}
	c := &connection{
		options: options, work: work, socket: socket,
		reader:  bufio.NewReaderSize(socket, bufferBytes),
		writer:  bufio.NewWriterSize(socket, bufferBytes),
		streams: map[uint32]*stream{}, nextID: 1, maxCalls: unlimitedCalls,
		window: initialWindow, streamWindow: initialWindow,
	}
	c.encoder = hpack.NewEncoder(&c.block)
	c.decoder = hpack.NewDecoder(4096, func(field hpack.HeaderField) {
		if field.Name == "grpc-status" {
			c.status = field.Value
		}
	})
	c.framer = http2.NewFramer(c.writer, c.reader)
	c.framer.SetReuseFrames()
	io.WriteString(c.writer, http2.ClientPreface)
	c.framer.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: receiveWindow},
	)
	c.framer.WriteWindowUpdate(0, receiveWindow-initialWindow)
	return c, c.writer.Flush()
}

// run reads until the connection ends.
func (c *connection) run() error {
	for {
		if c.reader.Buffered() == 0 {
			c.mutex.Lock()
			err := c.writer.Flush()
			c.mutex.Unlock()
			if err != nil {
				return err
			}
		}
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return err
		}
		c.mutex.Lock()
		err = c.handle(frame)
		c.mutex.Unlock()
		if err != nil {
			return err
		}
	}
}

func (c *connection) handle(frame http2.Frame) error {
	switch frame := frame.(type) {
	case *http2.DataFrame:
		return c.onData(frame)
	case *http2.HeadersFrame:
		if !frame.HeadersEnded() {
			return errors.New("header blocks of several frames are not supported")
		}
		c.status = ""
		if _, err := c.decoder.Write(frame.HeaderBlockFragment()); err != nil {
			return err
		}
		if err := c.decoder.Close(); err != nil {
			return err
		}
		if frame.StreamEnded() {
			c.end(frame.StreamID, c.status == "0")
		}
	case *http2.SettingsFrame:
		if frame.IsAck() {
			return nil
		}
		c.onSettings(frame)
		if err := c.framer.WriteSettingsAck(); err != nil {
			return err
		}
		if !c.isReady {
			c.isReady = true
			c.work.ready(c)
		}
	case *http2.WindowUpdateFrame:
		if frame.StreamID == 0 {
			c.window += int64(frame.Increment)
			for _, s := range c.streams {
				c.sendPending(s)
			}
		} else if s := c.streams[frame.StreamID]; s != nil {
			s.window += int64(frame.Increment)
			c.sendPending(s)
		}
	case *http2.PingFrame:
		if !frame.IsAck() {
			return c.framer.WritePing(true, frame.Data)
		}
	case *http2.RSTStreamFrame:
		// A server may reset a call with NO_ERROR behind its end.
		if c.streams[frame.StreamID] != nil {
			c.end(frame.StreamID, false)
		}
	case *http2.GoAwayFrame:
		return fmt.Errorf("the server said GOAWAY: %v", frame.ErrCode)
	}
	return nil
}

func (c *connection) onSettings(frame *http2.SettingsFrame) {
	frame.ForeachSetting(func(setting http2.Setting) error {
		switch setting.ID {
		case http2.SettingInitialWindowSize:
			for _, s := range c.streams {
				s.window += int64(setting.Val) - c.streamWindow
			}
			c.streamWindow = int64(setting.Val)
		case http2.SettingMaxConcurrentStreams:
			c.maxCalls = setting.Val
		case http2.SettingHeaderTableSize:
			c.encoder.SetMaxDynamicTableSizeLimit(min(setting.Val, 4096))
		}
		return nil
	})
}

func (c *connection) onData(frame *http2.DataFrame) error {
	c.consumed += frame.Length
	if c.consumed > receiveWindow/2 {
		if err := c.framer.WriteWindowUpdate(0, c.consumed); err != nil {
			return err
		}
		c.consumed = 0
	}
	s := c.streams[frame.StreamID]
	if s == nil {
		return fmt.Errorf("data on stream %d, which is not open", frame.StreamID)
	}
	data := frame.Data()
	for len(data) > 0 {
		if s.have < prefixBytes {
			n := copy(s.prefix[s.have:], data)
			s.have += n
			data = data[n:]
			if s.have < prefixBytes {
				break
			}
			s.missing = int(s.prefix[1])<<24 | int(s.prefix[2])<<16 | int(s.prefix[3])<<8 | int(s.prefix[4])
			if s.prefix[0] != 0 || s.missing != c.options.reply {
				return fmt.Errorf("a reply of %d bytes with flags %d", s.missing, s.prefix[0])
			}
		}
		n := min(s.missing, len(data))
		s.missing -= n
		data = data[n:]
		if s.missing == 0 {
			s.have = 0
			s.got++
			c.messages.Add(1)
			c.work.received(c, s)
		}
	}
	if frame.StreamEnded() {
		c.end(frame.StreamID, false)
	}
	return nil
}

func (c *connection) end(id uint32, succeeded bool) {
	s := c.streams[id]
	if s == nil {
		return
	}
	delete(c.streams, id)
	if succeeded {
		c.calls.Add(1)
	} else {
		c.failures.Add(1)
	}
	c.work.ended(c, s)
}
