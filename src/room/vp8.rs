//! The VP8 payload descriptor (RFC 7741 section 4.2): all of a video packet that forwarding may look at,
//! besides the first byte of a frame.

/// Where the rewritable fields of one packet's descriptor are, and what they hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Length of the descriptor in bytes: the VP8 payload begins there.
    pub length: usize,
    /// The packet begins the first partition of a frame (S = 1, PID = 0).
    pub is_frame_start: bool,
    /// PictureID, if present.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX, if present.
    pub tl0_picture_index: Option<Tl0PictureIndex>,
    /// Temporal layer index, if present.
    pub temporal_id: Option<u8>,
}

/// The PictureID field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PictureId {
    /// Its first byte, counted from the begin of the payload.
    pub offset: usize,
    /// It has 15 bits instead of 7.
    pub is_long: bool,
    /// Its value, without the length bit.
    pub value: u16,
}

/// The TL0PICIDX field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tl0PictureIndex {
    /// Its byte, counted from the begin of the payload.
    pub offset: usize,
    /// Its value.
    pub value: u8,
}

impl Descriptor {
    /// Reads the descriptor at the begin of an RTP payload. `None` if the payload ends inside of it.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut at = 1;
        let mut descriptor = Self {
            length: 1,
            is_frame_start: first & 0x10 != 0 && first & 0x07 == 0,
            picture_id: None,
            tl0_picture_index: None,
            temporal_id: None,
        };
        if first & 0x80 != 0 {
            let extension = *payload.get(at)?;
            at += 1;
            if extension & 0x80 != 0 {
                let high = *payload.get(at)?;
                let is_long = high & 0x80 != 0;
                let value = if is_long {
                    u16::from_be_bytes([high & 0x7f, *payload.get(at + 1)?])
                } else {
                    u16::from(high)
                };
                descriptor.picture_id = Some(PictureId { offset: at, is_long, value });
                at += if is_long { 2 } else { 1 };
            }
            if extension & 0x40 != 0 {
                descriptor.tl0_picture_index = Some(Tl0PictureIndex { offset: at, value: *payload.get(at)? });
                at += 1;
            }
            if extension & 0x30 != 0 {
                let byte = *payload.get(at)?;
                if extension & 0x20 != 0 {
                    descriptor.temporal_id = Some(byte >> 6);
                }
                at += 1;
            }
        }
        descriptor.length = at;
        Some(descriptor)
    }

    /// The packet begins a key frame: the inverse key frame flag of the VP8 payload header is 0 (RFC 7741
    /// section 4.3).
    pub fn is_keyframe_start(&self, payload: &[u8]) -> bool {
        self.is_frame_start && payload.get(self.length).is_some_and(|byte| byte & 0x01 == 0)
    }

    /// Width and height of a key frame in pixels (RFC 6386 section 9.1), of the packet that begins it. `None` if the
    /// start code is not there, as in frames that are encrypted between the devices.
    pub fn frame_size(&self, payload: &[u8]) -> Option<(u32, u32)> {
        let &[_, _, _, 0x9d, 0x01, 0x2a, width, width_high, height, height_high, ..] =
            payload.get(self.length..)?
        else {
            return None;
        };
        let pixels = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
        let size = (pixels(width, width_high), pixels(height, height_high));
        (self.is_keyframe_start(payload) && size.0 > 0 && size.1 > 0).then_some(size)
    }

    /// Writes other values of PictureID and TL0PICIDX into a payload that has this descriptor. The length of
    /// the fields stays.
    pub fn write(&self, payload: &mut [u8], picture_id: u16, tl0_picture_index: u8) {
        if let Some(field) = self.picture_id
            && let Some(bytes) =
                payload.get_mut(field.offset..field.offset + if field.is_long { 2 } else { 1 })
        {
            let [high, low] = (picture_id & 0x7fff).to_be_bytes();
            match bytes {
                [first, second] => {
                    *first = 0x80 | high;
                    *second = low;
                }
                [only] => *only = low & 0x7f,
                _ => {}
            }
        }
        if let Some(field) = self.tl0_picture_index
            && let Some(byte) = payload.get_mut(field.offset)
        {
            *byte = tl0_picture_index;
        }
    }
}
