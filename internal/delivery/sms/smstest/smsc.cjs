// A short message centre that does as it is told: commands come as lines of JSON on stdin, events leave as lines of JSON
// on stdout. Run by smstest.Start, as `node -e <this> <options>`.
const smpp = require("smpp")
const options = JSON.parse(process.argv[1])

const sessions = []
const held = []
let answers = [] // what the next submissions get: a status, "hold" or "drop"; none: success
let taken = 0

const tell = (event) => process.stdout.write(JSON.stringify(event) + "\n")
const hex = (parts) => (parts ? Buffer.concat([].concat(parts)).toString("hex") : "")

const server = smpp.createServer(options.tls || {}, (session) => {
  const number = sessions.push(session)
  tell({ event: "connected", session: number })
  session.on("error", (e) => tell({ event: "error", session: number, text: String(e) }))
  session.on("close", () => tell({ event: "closed", session: number }))
  session.on("pdu", (pdu) => {
    if (!pdu.isResponse()) serve(session, number, pdu)
    else tell({ event: pdu.command, session: number, status: pdu.command_status })
  })
})

function serve(session, number, pdu) {
  switch (pdu.command) {
    case "bind_transceiver":
    case "bind_transmitter": {
      const known = pdu.system_id === options.user && pdu.password === options.password
      session.send(pdu.response({ command_status: known ? 0 : smpp.ESME_RINVPASWD, system_id: "smsc" }))
      return tell({ event: "bind", session: number, command: pdu.command, systemType: pdu.system_type })
    }
    case "submit_sm":
      return submitted(session, number, pdu)
    case "unbind":
      session.send(pdu.response())
      session.close()
      return tell({ event: "unbind", session: number })
    default:
      session.send(pdu.response())
      return tell({ event: pdu.command, session: number })
  }
}

function submitted(session, number, pdu) {
  const body = pdu.short_message.message.length || !pdu.message_payload ? pdu.short_message : pdu.message_payload
  tell({
    event: "submit", session: number,
    source: pdu.source_addr, sourceTON: pdu.source_addr_ton, sourceNPI: pdu.source_addr_npi,
    dest: pdu.destination_addr, destTON: pdu.dest_addr_ton,
    class: pdu.esm_class, coding: pdu.data_coding, receipt: pdu.registered_delivery,
    validity: pdu.validity_period ? String(pdu.validity_period) : "",
    text: body.message.toString(), udh: hex(body.udh), payload: body === pdu.message_payload,
  })
  const answer = answers.length ? answers.shift() : 0
  if (answer === "drop") return session.destroy()
  if (answer === "hold") return held.push([session, pdu])
  accept(session, pdu, answer)
}

function accept(session, pdu, status) {
  if (status) return session.send(pdu.response({ command_status: status }))
  taken++
  const id = options.ids === "hex" ? (0xabc0 + taken).toString(16).toUpperCase() : "m" + taken
  session.send(pdu.response({ message_id: id }))
}

const last = () => sessions[sessions.length - 1]

function bring(pdu) {
  if (pdu.text_hex !== undefined) pdu.short_message = Buffer.from(pdu.text_hex, "hex")
  if (pdu.network_error_code_hex) pdu.network_error_code = Buffer.from(pdu.network_error_code_hex, "hex")
  if (pdu.udh_hex) pdu.short_message = { udh: Buffer.from(pdu.udh_hex, "hex"), message: pdu.text }
  if (pdu.short_message === undefined) pdu.short_message = { message: pdu.text }
  last().deliver_sm(pdu)
}

const doers = {
  answers: (c) => { answers = c.answers },
  release: (c) => {
    if (c.reverse) held.reverse()
    held.splice(0).forEach(([session, pdu]) => accept(session, pdu, 0))
  },
  count: () => tell({ event: "taken", session: taken }),
  deliver: (c) => bring(c.pdu),
  raw: (c) => last().socket.write(Buffer.from(c.hex, "hex")),
  enquire: () => last().enquire_link(),
  unbind: () => last().unbind(),
  destroy: () => last().destroy(),
}

require("readline").createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line)
    doers[command.do](command)
    tell({ event: "done" })
  })
  .on("close", () => process.exit(0))

server.on("error", (e) => { tell({ event: "fatal", text: String(e) }); process.exit(1) })
server.listen(options.port || 0, "127.0.0.1", () => tell({ event: "listening", port: server.address().port }))
