"""Photos: checked, made small, kept in S3 under random keys, and shown only to who may see what they belong to.

A photo is uploaded first (`store`, by whoever is signed in) and attached afterwards, in the transaction of the change
it proves (`attach`). Until then only its uploader sees it, and after a week it is collected. A form may also promise
photos that are still on the phone; each takes its place when it arrives.
"""
