"""pdf_xmp_schemas: the properties that the XMP Specification of September 2005 defines, and their types.

A line is "name: type", types as in pdf_xmp.fits(); a schema starts with "[prefix namespace]", a structure with "{Name namespace}".
"""

TABLE = '''
[dc http://purl.org/dc/elements/1.1/]
contributor: bag ProperName; coverage: Text; creator: seq ProperName; date: seq Date; description: Lang Alt; format: MIMEType; identifier: Text
language: bag Locale; publisher: bag ProperName; relation: bag Text; rights: Lang Alt; source: Text; subject: bag Text; title: Lang Alt; type: bag Text
[xmp http://ns.adobe.com/xap/1.0/]
Advisory: bag XPath; BaseURL: URL; CreateDate: Date; CreatorTool: AgentName; Identifier: bag Text; Label: Text; MetadataDate: Date; ModifyDate: Date
Nickname: Text; Rating: Real; Thumbnails: alt Thumbnail
[xmpRights http://ns.adobe.com/xap/1.0/rights/]
Certificate: URL; Marked: Boolean; Owner: bag ProperName; UsageTerms: Lang Alt; WebStatement: URL
[xmpMM http://ns.adobe.com/xap/1.0/mm/]
DerivedFrom: ResourceRef; DocumentID: URI; History: seq ResourceEvent; InstanceID: URI; ManagedFrom: ResourceRef; Manager: AgentName; ManageTo: URI
ManageUI: URI; ManagerVariant: Text; RenditionClass: RenditionClass; RenditionParams: Text; VersionID: Text; Versions: seq Version; LastURL: URL
RenditionOf: ResourceRef; SaveID: Integer
[xmpBJ http://ns.adobe.com/xap/1.0/bj/]
JobRef: bag Job
[xmpTPg http://ns.adobe.com/xap/1.0/t/pg/]
MaxPageSize: Dimensions; NPages: Integer; Fonts: bag Font; Colorants: seq Colorant; PlateNames: seq Text
[xmpDM http://ns.adobe.com/xmp/1.0/DynamicMedia/]
projectRef: ProjectLink; videoFrameRate: Text; videoFrameSize: Dimensions; videoPixelAspectRatio: Rational
videoPixelDepth: =8Int|16Int|32Int|32Float; videoColorSpace: =sRGB|CCIR-601|CCIR-709; videoAlphaMode: =straight|pre-multiplied
videoAlphaPremultipleColor: Colorant; videoAlphaUnityIsTransparent: Boolean; videoCompressor: Text; videoFieldOrder: =Upper|Lower|Progressive
pullDown: =WSSWW|SSWWW|SWWWS|WWWSS|WWSSW|WSSWW_24p|SSWWW_24p|SWWWS_24p|WWWSS_24p|WWSSW_24p; audioSampleRate: Integer
audioSampleType: =8Int|16Int|32Int|32Float; audioChannelType: =Mono|Stereo|5.1|7.1; audioCompressor: Text; speakerPlacement: Text; fileDataRate: Rational
tapeName: Text; altTapeName: Text; startTimecode: Timecode; altTimecode: Timecode; duration: Time; scene: Text; shotName: Text; shotDate: Date
shotLocation: Text; logComment: Text; markers: seq Marker; contributedMedia: bag Media; absPeakAudioFilePath: URI; relativePeakAudioFilePath: URI
videoModDate: Date; audioModDate: Date; metadataModDate: Date; artist: Text; album: Text; trackNumber: Integer; genre: Text; copyright: Text
releaseDate: Date; composer: Text; engineer: Text; tempo: Real; instrument: Text; introTime: Time; outCue: Time; relativeTimestamp: Time; loop: Boolean
numberOfBeats: Real; key: =C|C#|D|D#|E|F|F#|G|G#|A|A#|B; stretchMode: =Fixed length|Time-Scale|Resample|Beat Splice|Hybrid
timeScaleParams: timeScaleStretch; resampleParams: resampleStretch; beatSpliceParams: beatSpliceStretch
timeSignature: =2/4|3/4|4/4|5/4|7/4|6/8|9/8|12/8|other; scaleType: =Major|Minor|Both|Neither
[pdf http://ns.adobe.com/pdf/1.3/]
Keywords: Text; PDFVersion: Text; Producer: AgentName; Trapped: Text
[photoshop http://ns.adobe.com/photoshop/1.0/]
AuthorsPosition: Text; CaptionWriter: ProperName; Category: Text; City: Text; Country: Text; Credit: Text; DateCreated: Date; Headline: Text
Instructions: Text; Source: Text; State: Text; SupplementalCategories: bag Text; TransmissionReference: Text; Urgency: Integer
[crs http://ns.adobe.com/camera-raw-settings/1.0/]
AutoBrightness: Boolean; AutoContrast: Boolean; AutoExposure: Boolean; AutoShadows: Boolean; BlueHue: Integer; BlueSaturation: Integer
Brightness: Integer; CameraProfile: Text; ChromaticAberrationB: Integer; ChromaticAberrationR: Integer; ColorNoiseReduction: Integer; Contrast: Integer
CropTop: Real; CropLeft: Real; CropBottom: Real; CropRight: Real; CropAngle: Real; CropWidth: Real; CropHeight: Real; CropUnits: Integer; Exposure: Real
GreenHue: Integer; GreenSaturation: Integer; HasCrop: Boolean; HasSettings: Boolean; LuminanceSmoothing: Integer; RawFileName: Text; RedHue: Integer
RedSaturation: Integer; Saturation: Integer; Shadows: Integer; ShadowTint: Integer; Sharpness: Integer; Temperature: Integer; Tint: Integer
ToneCurve: seq Text; ToneCurveName: Text; Version: Text; VignetteAmount: Integer; VignetteMidpoint: Integer
WhiteBalance: =As Shot|Auto|Daylight|Cloudy|Shade|Tungsten|Fluorescent|Flash|Custom
[tiff http://ns.adobe.com/tiff/1.0/]
ImageWidth: Integer; ImageLength: Integer; BitsPerSample: seq Integer; Compression: =1|6; PhotometricInterpretation: =2|6; Orientation: =1|2|3|4|5|6|7|8
SamplesPerPixel: Integer; PlanarConfiguration: =1|2; YCbCrSubSampling: seq Integer; YCbCrPositioning: =1|2; XResolution: Rational; YResolution: Rational
ResolutionUnit: =2|3; TransferFunction: seq Integer; WhitePoint: seq Rational; PrimaryChromaticities: seq Rational; YCbCrCoefficients: seq Rational
ReferenceBlackWhite: seq Rational; DateTime: Date; ImageDescription: Lang Alt; Make: ProperName; Model: ProperName; Software: AgentName
Artist: ProperName; Copyright: Lang Alt
[exif http://ns.adobe.com/exif/1.0/]
ExifVersion: =0210|0220; FlashpixVersion: =0100; ColorSpace: =1|-32768|65535; ComponentsConfiguration: seq Integer; CompressedBitsPerPixel: Rational
PixelXDimension: Integer; PixelYDimension: Integer; UserComment: Lang Alt; RelatedSoundFile: Text; DateTimeOriginal: Date; DateTimeDigitized: Date
ExposureTime: Rational; FNumber: Rational; ExposureProgram: =0|1|2|3|4|5|6|7|8; SpectralSensitivity: Text; ISOSpeedRatings: seq Integer; OECF: OECF
ShutterSpeedValue: Rational; ApertureValue: Rational; BrightnessValue: Rational; ExposureBiasValue: Rational; MaxApertureValue: Rational
SubjectDistance: Rational; MeteringMode: =0|1|2|3|4|5|6|255; LightSource: =0|1|2|3|4|9|10|11|12|13|14|15|17|18|19|20|21|22|23|24|255; Flash: Flash
FocalLength: Rational; SubjectArea: seq Integer; FlashEnergy: Rational; SpatialFrequencyResponse: OECF; FocalPlaneXResolution: Rational
FocalPlaneYResolution: Rational; FocalPlaneResolutionUnit: =2|3; SubjectLocation: seq Integer; ExposureIndex: Rational; SensingMethod: =1|2|3|4|5|7|8
FileSource: =3; SceneType: =1; CFAPattern: CFAPattern; CustomRendered: =0|1; ExposureMode: =0|1|2; WhiteBalance: =0|1; DigitalZoomRatio: Rational
FocalLengthIn35mmFilm: Integer; SceneCaptureType: =0|1|2|3; GainControl: =0|1|2|3|4; Contrast: =0|1|2; Saturation: =0|1|2; Sharpness: =0|1|2
DeviceSettingDescription: DeviceSettings; SubjectDistanceRange: =0|1|2|3; ImageUniqueID: Text; GPSVersionID: Text; GPSLatitude: GPSCoordinate
GPSLongitude: GPSCoordinate; GPSAltitudeRef: =0|1; GPSAltitude: Rational; GPSTimeStamp: Date; GPSSatellites: Text; GPSStatus: =A|V; GPSMeasureMode: =2|3
GPSDOP: Rational; GPSSpeedRef: =K|M|N; GPSSpeed: Rational; GPSTrackRef: =T|M; GPSTrack: Rational; GPSImgDirectionRef: =T|M; GPSImgDirection: Rational
GPSMapDatum: Text; GPSDestLatitude: GPSCoordinate; GPSDestLongitude: GPSCoordinate; GPSDestBearingRef: =T|M; GPSDestBearing: Rational
GPSDestDistanceRef: =K|M|N; GPSDestDistance: Rational; GPSProcessingMethod: Text; GPSAreaInformation: Text; GPSDifferential: =0|1
[aux http://ns.adobe.com/exif/1.0/aux/]
Lens: Text; SerialNumber: Text
[pdfaid http://www.aiim.org/pdfa/ns/id/]
part: Integer; amd: Text; corr: Text; conformance: Text; rev: Integer
[pdfaExtension http://www.aiim.org/pdfa/ns/extension/]
schemas: any
{ResourceRef http://ns.adobe.com/xap/1.0/sType/ResourceRef#}
instanceID: URI; documentID: URI; versionID: Text; renditionClass: RenditionClass; renditionParams: Text; manager: AgentName; managerVariant: Text
manageTo: URI; manageUI: URI
{ResourceEvent http://ns.adobe.com/xap/1.0/sType/ResourceEvent#}
action: Text; instanceID: URI; parameters: Text; softwareAgent: AgentName; when: Date
{Version http://ns.adobe.com/xap/1.0/sType/Version#}
comments: Text; event: ResourceEvent; modifyDate: Date; modifier: ProperName; version: Text
{Job http://ns.adobe.com/xap/1.0/sType/Job#}
name: Text; id: Text; url: URL
{Dimensions http://ns.adobe.com/xap/1.0/sType/Dimensions#}
w: Real; h: Real; unit: Text
{Thumbnail http://ns.adobe.com/xap/1.0/g/img/}
height: Integer; width: Integer; format: Text; image: Text
{Font http://ns.adobe.com/xap/1.0/sType/Font#}
fontName: Text; fontFamily: Text; fontFace: Text; fontType: Text; versionString: Text; composite: Boolean; fontFileName: Text; childFontFiles: seq Text
{Colorant http://ns.adobe.com/xap/1.0/g/}
swatchName: Text; mode: =CMYK|RGB|LAB; type: =PROCESS|SPOT; cyan: Real; magenta: Real; yellow: Real; black: Real; red: Integer; green: Integer
blue: Integer; L: Real; A: Integer; B: Integer
{Flash http://ns.adobe.com/exif/1.0/}
Fired: Boolean; Return: =0|2|3; Mode: =0|1|2|3; Function: Boolean; RedEyeMode: Boolean
{OECF http://ns.adobe.com/exif/1.0/}
Columns: Integer; Rows: Integer; Names: seq Text; Values: seq Rational
{CFAPattern http://ns.adobe.com/exif/1.0/}
Columns: Integer; Rows: Integer; Values: seq Integer
{DeviceSettings http://ns.adobe.com/exif/1.0/}
Columns: Integer; Rows: Integer; Settings: seq Text
{ProjectLink http://ns.adobe.com/xmp/1.0/DynamicMedia/}
type: =movie|still|audio|custom; path: URI
{Timecode http://ns.adobe.com/xmp/1.0/DynamicMedia/}
timeValue: Text; timeFormat: Text
{Time http://ns.adobe.com/xmp/1.0/DynamicMedia/}
value: Integer; scale: Rational
{Marker http://ns.adobe.com/xmp/1.0/DynamicMedia/}
startTime: Time; duration: Time; comment: Text; name: Text; location: URI; target: Text; type: Text
{Media http://ns.adobe.com/xmp/1.0/DynamicMedia/}
path: URI; track: Text; startTime: Time; duration: Time; managed: Boolean; webStatement: URI
{timeScaleStretch http://ns.adobe.com/xmp/1.0/DynamicMedia/}
quality: =High|Medium|Low; frameSize: Real; frameOverlappingPercentage: Real
{resampleStretch http://ns.adobe.com/xmp/1.0/DynamicMedia/}
quality: =High|Medium|Low
{beatSpliceStretch http://ns.adobe.com/xmp/1.0/DynamicMedia/}
useFileBeatsMarker: Boolean; riseInDecibel: Real; riseInTimeDuration: Time
'''


def _read():
    properties, structures, target = {}, {}, None
    for line in TABLE.strip().split('\n'):
        if line[0] in '[{':
            name, space = line[1:-1].split(' ')
            target = properties.setdefault(space, {}) if line[0] == '[' else structures.setdefault(name, (space, {}))[1]
            continue
        for item in line.split('; '):
            name, kind = item.split(': ', 1)
            target[name] = kind
    return properties, structures


PROPERTIES, STRUCTURES = _read()
