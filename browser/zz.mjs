import { chromium } from "playwright-core"
const base="http://localhost:8099"
const browser = await chromium.launch({executablePath:"/usr/bin/chromium",args:["--headless","--no-sandbox","--disable-gpu","--no-first-run","--disable-background-networking"]})
const out="/tmp/look/shots/"
const shot=async(page,name)=>{for(const w of [1280,375]){await page.setViewportSize({width:w,height:900});await page.screenshot({path:out+name+"-"+w+".png",fullPage:true})}await page.setViewportSize({width:1280,height:900})}
const c=await browser.newContext({locale:"it-IT",timezoneId:"Europe/Rome",reducedMotion:"reduce",viewport:{width:1280,height:900},javaScriptEnabled:process.argv[2]!=="nojs"})
const p=await c.newPage(); const pre=process.argv[2]==="nojs"?"nj-":""
await p.goto(base+"/demo/mailbox/1472"); await shot(p,pre+"mail")
const txt=await p.content()
const u=(txt.match(/https?:\/\/[^\s"'<>]+\/u\/[\w-]+/)||txt.match(/\/u\/[\w-]+/))
const me=(txt.match(/https?:\/\/[^\s"'<>]+\/me\/[\w-]+/))
console.log(u&&u[0],me&&me[0])
if(u){await p.goto(u[0].startsWith("http")?u[0]:base+u[0]); await shot(p,pre+"unsub"); console.log(await p.locator("main").innerText()); await p.locator("main button[type=submit]").first().click(); await p.waitForLoadState(); await shot(p,pre+"unsub2"); console.log("---\n"+await p.locator("main").innerText());
 const b=p.locator("main button[type=submit]"); console.log(await b.allInnerTexts()); if(await b.count()){await b.first().click(); await p.waitForLoadState(); await shot(p,pre+"undo"); console.log("---undo\n"+await p.locator("main").innerText())}}
if(me){await p.goto(me[0]); await shot(p,pre+"me"); console.log("---me\n"+await p.locator("main").innerText()); await p.goto(me[0]+"/data"); await shot(p,pre+"prove"); console.log("---\n"+await p.locator("main").innerText());}
await browser.close()
