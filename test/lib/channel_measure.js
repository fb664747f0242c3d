// channel_measure.js: runs in the page that 505_channels.pl makes; pages is [[name, html], ...].  Puts each page into a
// frame of each width and says what is wrong: what sticks out, text that cannot be read, figures and dates that are broken,
// copies with gaps.
const widths = [360, 768, 1280], said = [];

function light(colour) {
	const part = colour.match(/[\d.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
}

function ground(view, element) {
	for (; element; element = element.parentElement) {
		const colour = view.getComputedStyle(element).backgroundColor;
		if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent')
			return colour;
	}
	return 'rgb(255, 255, 255)';
}

function measure(name, width, frame) {
	const doc = frame.contentDocument, view = frame.contentWindow, say = text => said.push(`${name} at ${width}: ${text}`);
	let texts = 0;
	doc.querySelectorAll('details').forEach(d => { d.open = true; });
	if (doc.documentElement.scrollWidth > width)
		say(`is ${doc.documentElement.scrollWidth} wide`);
	for (const element of doc.body.querySelectorAll('*')) {
		const box = element.getBoundingClientRect(), style = view.getComputedStyle(element);
		const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim() !== '');
		if (element.closest('.unseen, title') || box.width <= 1)
			continue;
		if (box.right > width + 0.5 || box.left < -0.5)
			say(`<${element.localName}> "${element.textContent.slice(0, 30)}" reaches ${box.right}`);
		if (!own)
			continue;
		texts++;
		const figure = element.textContent.trim();
		if (/^(th|td|dd|p|strong)$/.test(element.localName) && figure.length < 20 && /^[\u2212\d][\d.,:\u00a0\u202f -]*$/.test(figure)) {
			const lines = doc.createRange();
			lines.selectNodeContents(element);
			if (lines.getBoundingClientRect().height > 1.8 * parseFloat(style.lineHeight))
				say(`"${figure}" is broken`);
		}
		const ink = element.closest('svg') ? style.fill : style.color, a = light(ink), b = light(ground(view, element));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5)
			say(`"${element.textContent.slice(0, 30)}" has contrast ${ratio.toFixed(2)}`);
		const size = element.closest('svg') ? parseFloat(style.fontSize) * box.height / element.getBBox().height : parseFloat(style.fontSize);
		if (size < 9)
			say(`"${element.textContent.slice(0, 30)}" is ${size.toFixed(1)} high`);
	}
	for (const below of doc.querySelectorAll('.sub'))
		if (view.getComputedStyle(below).textAlign !== view.getComputedStyle(below.parentElement).textAlign)
			say(`"${below.textContent.slice(0, 30)}" is not set as what it is below`);
	for (const copy of doc.querySelectorAll('.copy')) {
		const range = doc.createRange(), selection = view.getSelection();
		range.selectNodeContents(copy);
		selection.removeAllRanges();
		selection.addRange(range);
		if (selection.toString() !== copy.textContent || /\s/.test(selection.toString()))
			say(`is copied as "${selection.toString()}"`);
		if (view.getComputedStyle(copy).userSelect !== 'all')
			say('a reference is not copied whole');
	}
	doc.querySelectorAll('summary').forEach(s => { s.focus(); if (doc.activeElement !== s) say('a fold has no focus'); });
	if (doc.scripts.length > 0 || doc.querySelectorAll('link, img[src^=http], iframe').length > 0)
		say('it runs or fetches something');
	said.push(`${name} at ${width}: ${texts > 10 ? 'measured' : 'has no texts'}`);
}

(async () => {
	for (const [name, html] of pages)
		for (const width of widths) {
			const frame = document.createElement('iframe');
			frame.style.cssText = `width:${width}px;height:1000px;border:0`;
			frame.srcdoc = html;
			await new Promise(done => { frame.onload = done; document.body.append(frame); });
			measure(name, width, frame);
			frame.remove();
		}
	document.getElementById('said').textContent = said.join('\n') + '\nend';
})();
