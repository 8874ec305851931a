/** What people have typed into forms of others to make something run; each sets `globalThis.ran`, which a test finds undefined. */
const RUN = "globalThis.ran=1";

const BODIES: readonly string[] = [
  `<script>${RUN}</script>`,
  `<script src=data:,${RUN}></script>`,
  `<img src=x onerror=${RUN}>`,
  `<img/src=x/onerror=${RUN}//`,
  `<svg onload=${RUN}>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin=${RUN} attributeName=x>`,
  `<iframe srcdoc="<script>parent.ran=1</script>">`,
  `<iframe src=javascript:parent.ran=1>`,
  `<a href=javascript:${RUN} autofocus onfocus=${RUN}>x</a>`,
  `<input autofocus onfocus=${RUN}>`,
  `<details open ontoggle=${RUN}>`,
  `<video><source onerror=${RUN}></video>`,
  `<object data=javascript:${RUN}>`,
  `<embed src=javascript:${RUN}>`,
  `<math><mi xlink:href=javascript:${RUN}>x`,
  `<form action=javascript:${RUN}><input type=submit autofocus>`,
  `<base href=javascript:${RUN}//>`,
  `<meta http-equiv=refresh content="0;javascript:${RUN}">`,
  `<link rel=stylesheet href=data:text/css,*{x:expression(${RUN})}>`,
  `<style>@import 'javascript:${RUN}';</style>`,
  `<template><img src=x onerror=${RUN}></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `\${${RUN}}`,
  `{{constructor.constructor('${RUN}')()}}`,
  `'-(${RUN})-'`,
  `";${RUN}//`,
  `</title><script>${RUN}</script>`,
];

/** Where in a page it might stand, and how it might be hidden. */
const FRAMES: readonly ((body: string) => string)[] = [
  (body) => body,
  (body) => `"><${body}`,
  (body) => `'>${body}`,
  (body) => `--></textarea>${body}`,
  (body) => `]]>${body}`,
  (body) => body.toUpperCase(),
  (body) => `Dupont^${body}^^Dr`,
  (body) => `\u202e${body}\u202c`,
  (body) => `&lt;${body.replaceAll("<", "&#x3c;")}`,
  (body) => body.replaceAll("<", "＜").replaceAll(">", "＞") + body.slice(0, 20),
];

/** 300 of them, all different. */
export const HOSTILE: readonly string[] = FRAMES.flatMap((frame) => BODIES.map((body) => frame(body)));
