// Pictures that a server sends, as elements: parsed as XML, never as HTML, and rid of whatever could act.

const BAD_ELEMENTS = "script, foreignObject, style, animate, set, animateMotion, animateTransform, iframe, image, use[href^='http']";

/** The picture, or null if the text is none. */
export function picture(text: string): SVGSVGElement | null {
  // Written to stand in a page, it names no namespace; as XML it needs one.
  const named = text.replace(/^\s*<svg(?![^>]*\sxmlns=)/, '<svg xmlns="http://www.w3.org/2000/svg"');
  const parsed = new DOMParser().parseFromString(named, "image/svg+xml");
  const root = parsed.documentElement;
  if (parsed.querySelector("parsererror") || root.localName !== "svg") return null;
  for (const bad of root.querySelectorAll(BAD_ELEMENTS)) bad.remove();
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const attribute of [...element.attributes]) {
      const name = attribute.name.toLowerCase();
      const leads = (name === "href" || name === "xlink:href") && !attribute.value.startsWith("#");
      if (name.startsWith("on") || name === "style" || leads) element.removeAttribute(attribute.name);
    }
  }
  return document.importNode(root, true) as unknown as SVGSVGElement;
}
