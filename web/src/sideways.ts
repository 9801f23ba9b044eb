// Pictures that are wider than a phone scroll within their figure: whoever has no pointer can reach them, too.

/** Makes the figures that scroll focusable, now and whenever widths may have changed; the others are no stops on the way. */
export function watchSideways(): void {
  addEventListener("resize", sideways);
  document.addEventListener("toggle", sideways, true);
  sideways();
}

/** As above, once: after pictures were put in. */
export function sideways(): void {
  for (const figure of document.querySelectorAll<HTMLElement>("figure")) {
    if (figure.scrollWidth > figure.clientWidth + 1) figure.tabIndex = 0;
    else figure.removeAttribute("tabindex");
  }
}
