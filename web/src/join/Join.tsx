import { Agreement, Change, Declined, Files, Information, Key, OtherBrowser } from "./asked";
import { DeviceTest } from "./DeviceTest";
import { ClosedDoor, Door, Early, Moment, NoLink } from "./Door";
import { Ending } from "./Ending";
import { CallPage } from "./later";
import type { Visit } from "./visit";
import { Waiting } from "./Waiting";

/** The patient's pages, one at a time, and the place where changes are told to screen readers. */
export function Join({ visit }: { visit: Visit }) {
  return (
    <>
      <p class="spoken" role="status" aria-live="polite">
        {visit.said.value}
      </p>
      <Page key={visit.page.value} visit={visit} />
    </>
  );
}

function Page({ visit }: { visit: Visit }) {
  const page = visit.page.value;
  const wire = visit.wire.value;
  const over = visit.over.value;
  switch (page) {
    case "nolink":
      return <NoLink visit={visit} />;
    case "unsupported":
      return <OtherBrowser visit={visit} />;
    case "looking":
    case "resuming":
    case "unreachable":
      return <Moment visit={visit} page={page} />;
    case "door":
      return <Door visit={visit} />;
    case "inform":
      return <Information visit={visit} />;
    case "files":
      return <Files visit={visit} />;
    case "agree":
      return <Agreement visit={visit} />;
    case "declined":
      return <Declined visit={visit} />;
    case "key": {
      const asks = visit.look.value?.asks;
      return asks ? <Key visit={visit} asks={asks} /> : null;
    }
    case "early":
      return <Early visit={visit} />;
    case "change":
      return <Change visit={visit} />;
    case "closed":
      return <ClosedDoor visit={visit} />;
    case "test":
      return <DeviceTest visit={visit} />;
    case "waiting":
      return <Waiting visit={visit} />;
    case "call":
      return wire ? <CallPage visit={visit} wire={wire} /> : null;
    case "over":
      return over ? <Ending visit={visit} over={over} /> : null;
  }
}
