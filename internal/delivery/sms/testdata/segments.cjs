// Makes segments.json: what the npm package sms-segments-calculator says of texts around every limit.
//   npm install --no-save sms-segments-calculator@1.3.0 && node internal/delivery/sms/testdata/segments.cjs > …/segments.json
// The texts are made of single code points: the calculator keeps graphemes together, which the standard does not ask for.
const { SegmentedMessage } = require("sms-segments-calculator")

let seed = 42
const random = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n }
const alphabets = [
  [..."abcdefgh ilmnopqrstuvz"],
  [..."àèéìòùÇÉÄÖñ@£$ΔΩ\n ab"],
  [..."ab^{}[]~|\\€"],
  [..."ÀÈçę’“”–…ab "],
  [..."😀🎉ab𝄞"],
]
const lengths = [0, 1, 69, 70, 71, 79, 80, 81, 133, 134, 135, 152, 153, 154, 159, 160, 161, 200, 201, 202, 305, 306, 307, 459, 460, 700]
const cases = []
for (const alphabet of alphabets)
  for (const length of lengths) {
    const text = Array.from({ length }, () => alphabet[random(alphabet.length)]).join("")
    const m = new SegmentedMessage(text)
    const unit = m.encodingName === "GSM-7" ? 7 : 16
    cases.push({ text, encoding: m.encodingName, segments: m.segmentsCount, size: m.messageSize / unit })
  }
process.stdout.write(JSON.stringify(cases, null, 0).replaceAll("},{", "},\n{") + "\n")
