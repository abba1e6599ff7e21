package sms

// carriageReturn fills the last septet when seven bits would be left over: they would read as "@" (3GPP TS 23.038
// §6.1.2.3.1).
const carriageReturn = 0x0D

// Pack writes septets (as Encode gives them) eight in seven octets, as they travel over the air (3GPP TS 23.038
// §6.1.2.1.1). header is how many octets of user data header stand before them: the first septet begins at the first
// septet boundary after it. Few SMSCs want this from a client; most want an octet for each septet.
func Pack(septets []byte, header int) []byte {
	fill := fillBits(header)
	if left := (fill + 7*len(septets)) % 8; left == 1 || left == 0 && endsWithReturn(septets) {
		septets = append(septets[:len(septets):len(septets)], carriageReturn)
	}
	out := make([]byte, (fill+7*len(septets)+7)/8)
	bit := fill
	for _, s := range septets {
		v := uint16(s&0x7F) << (bit % 8)
		out[bit/8] |= byte(v)
		if v > 0xFF {
			out[bit/8+1] |= byte(v >> 8)
		}
		bit += 7
	}
	return out
}

// Unpack reads what Pack wrote. A text of exactly eight characters that ends with a carriage return comes back with two
// of them, which look like one (3GPP TS 23.038 §6.1.2.3.1).
func Unpack(octets []byte, header int) []byte {
	bit := fillBits(header)
	n := (8*len(octets) - bit) / 7
	if n <= 0 {
		return nil
	}
	full := bit+7*n == 8*len(octets)
	out := make([]byte, n)
	for i := range out {
		v := uint16(octets[bit/8])
		if bit/8+1 < len(octets) {
			v |= uint16(octets[bit/8+1]) << 8
		}
		out[i] = byte(v>>(bit%8)) & 0x7F
		bit += 7
	}
	if full && out[n-1] == carriageReturn {
		out = out[:n-1]
	}
	return out
}

func fillBits(header int) int { return (7 - 8*header%7) % 7 }

func endsWithReturn(septets []byte) bool {
	return len(septets) > 0 && septets[len(septets)-1] == carriageReturn
}
